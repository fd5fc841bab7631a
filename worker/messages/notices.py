"""The waiting notice of a request, and the ends of a request that gets no answer.

A waiting notice starts with ⏳. The final message replaces it as a whole.
"""

from shakelm.errors import ShakelmError
from worker.messages.catalog import DEFAULT, Refusal, sentence, text
from worker.messages.discord_json import AMBER, RED, Body, button, embed, escape, plain, rows
from worker.messages.formats import about
from worker.protocol.custom_ids import CancelRequest

WAITING = "⏳"
"""The first character of every waiting notice, and of no final message."""


def queued(
    position: int,
    workers: int,
    locale: str = DEFAULT,
    *,
    wait_s: float | None = None,
    paused: bool = False,
    cancel: str | None = None,
) -> Body:
    """The waiting notice of a queued request.

    Args:
        position: its place in the queue; 1 is next.
        workers: the number of live workers.
        locale: the reader's.
        wait_s: the expected seconds until the answer, if they are known.
        paused: whether a teacher has paused the queue.
        cancel: the id of the job that the Cancel button takes out of the queue; None for no button.
    """
    notice = text(locale, "verse.next") if position <= 1 else text(locale, "verse.place", position=position)
    if paused:
        notice += " " + text(locale, "verse.paused")
    elif not workers:
        notice += " " + text(locale, "verse.no_worker")
    elif wait_s is not None:
        notice += " " + text(locale, "verse.wait", wait=about(wait_s, locale))
    buttons = rows([button(text(locale, "button.cancel"), CancelRequest(cancel))] if cancel else [])
    return waiting_notice(notice) | ({"components": buttons} if buttons else {})


def waiting_notice(notice: str) -> Body:
    """A waiting notice with this markdown."""
    return plain(f"{WAITING} {notice}")


def expired(locale: str = DEFAULT) -> Body:
    """The end of a request that waited until its interaction token was nearly invalid."""
    return problem(Refusal("refusal.expired"), locale)


def lost(locale: str = DEFAULT) -> Body:
    """The end of a request that the queue has lost."""
    return problem(Refusal("refusal.lost"), locale)


def unanswered(people: list[str], locale: str = DEFAULT) -> Body:
    """A message in a channel for people whose interactions got no answer, by their ids."""
    return plain(text(locale, "verse.unanswered", people=[f"<@{person}>" for person in people]))


def undelivered(person: str, locale: str = DEFAULT) -> Body:
    """A message in a channel for somebody whose private answer Discord did not take."""
    return plain(text(locale, "verse.undelivered", person=f"<@{person}>"))


def for_person(person: str, locale: str = DEFAULT) -> str:
    """The line above an answer that stands in the channel, because Discord did not take it as a reply."""
    return text(locale, "verse.for_person", person=f"<@{person}>")


def cancelled(locale: str = DEFAULT) -> Body:
    """The end of a request that its author or a teacher canceled."""
    return embed("", text(locale, "verse.cancelled"), AMBER)


def cleared(locale: str = DEFAULT) -> Body:
    """The end of a request that waited when a teacher cleared the queue."""
    return embed("", text(locale, "verse.cleared"), AMBER)


def failed(reference: str, locale: str = DEFAULT) -> Body:
    """The end of a request that failed unexpectedly; the log has the error under this reference."""
    return problem(Refusal("refusal.unexpected", reference=reference), locale)


def problem(error: ShakelmError, locale: str = DEFAULT) -> Body:
    """The answer to a mistake: its cause and its cure."""
    return embed(text(locale, "refusal.title"), sentence(error, locale, escape), RED)

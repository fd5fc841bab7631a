"""Threads of a verse worker that deliver answers while it writes the next ones."""

import logging
import secrets
import socket
import threading
import time

import redis
from redis.exceptions import RedisError

from worker.delivery import answer_lock, outbox, retry_policy, webhook_client
from worker.delivery.outbox import Answer
from worker.jobs.loaded_models import settings
from worker.messages import notices
from worker.protocol import discord_time
from worker.records import incidents

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Answers that one worker delivers at the same time, each of another person."""

LOOK_S = 1.0
"""How often a worker looks for answers that other workers have left, in seconds."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0
"""The pause after a failed attempt. It doubles with each."""

MALFORMED_ATTEMPTS = 3
"""After so many attempts, an answer that Discord finds malformed is given up."""

assert retry_policy.FINAL_ANSWER.longest_s < outbox.LEASE_S, "An attempt must end before its lease."  # noqa: S101


class Deliveries:
    """The deliveries of one worker, from `start` to `stop`."""

    def __init__(self, connection: "redis.Redis") -> None:
        self._connection = connection
        self._news = threading.Condition()
        self._stopping = False
        self._under_way: dict[str, Answer] = {}
        self._taker = threading.Thread(target=self._work, name="deliveries", daemon=True)

    def start(self) -> None:
        """Measure this machine's clock, and start to deliver."""
        webhook_client.measure_clock(settings().api_base)
        if told := discord_time.sentence():
            incidents.note(self._connection, "clock", f"{socket.gethostname()}: {told}")
        self._taker.start()

    def look(self) -> None:
        """Look for answers at once: one was written."""
        with self._news:
            self._news.notify_all()

    def stop(self, grace_s: float) -> None:
        """Let the deliveries under way end within the grace, and leave the others to another worker."""
        end = time.monotonic() + grace_s
        with self._news:
            self._stopping = True
            self._news.notify_all()
        self._taker.join(grace_s)  # it may be about to take one more
        with self._news:
            while self._under_way and (left := end - time.monotonic()) > 0:
                self._news.wait(left)
            left_over = list(self._under_way.values())
        try:
            for answer in left_over:
                outbox.later(self._connection, answer, 0)
        except RedisError as error:
            log.warning("Deliveries are left until their leases end: %s", type(error).__name__)

    def _work(self) -> None:
        """Take answers while there is somebody to deliver them."""
        while True:
            with self._news:
                if self._stopping:
                    return
                busy = {answer.author for answer in self._under_way.values() if answer.author}
                full = len(self._under_way) >= AT_ONCE
            answer = None if full else self._take(busy)
            with self._news:
                if answer is None:
                    if not self._stopping:
                        self._news.wait(LOOK_S)
                    continue
                self._under_way[answer.id] = answer
            threading.Thread(target=self._deliver, args=(answer,), daemon=True).start()

    def _take(self, busy: set[str]) -> Answer | None:
        try:
            return outbox.take(self._connection, busy)
        except RedisError as error:
            log.debug("No look for answers: %s", type(error).__name__)
            return None

    def _deliver(self, answer: Answer) -> None:
        try:
            attempt(self._connection, answer)
        except RedisError as error:  # the lease ends, and somebody tries again
            log.warning("%s: not known to be delivered: %s", answer.id, type(error).__name__)
        except Exception:
            log.exception("%s: not delivered", answer.id)
        finally:
            with self._news:
                self._under_way.pop(answer.id, None)
                self._news.notify_all()


def attempt(connection: "redis.Redis", answer: Answer) -> None:
    """Deliver an answer, or decide what becomes of it."""
    if answer_lock.is_closed(connection, answer.reply_to):
        outbox.remove(connection, answer)
        return
    try:
        if answer.instead and answer.to_person_only:
            webhook_client.refuse_in_private(settings().api_base, answer.reply_to, answer.body)
        elif answer.instead:
            webhook_client.say_instead(settings().api_base, answer.reply_to, answer.body)
        else:
            webhook_client.edit_original(settings().api_base, answer.reply_to, answer.body, answer.attachment)
    except webhook_client.DeliveryRefusedError as error:
        log.warning("%s: answer not delivered: %s", answer.id, error)
        if answer.reply_to.seconds_left() > 0:
            outbox.refuse(connection, answer)
    except webhook_client.MalformedMessageError as error:
        log.warning("%s: %s", answer.id, error)
        _malformed(connection, answer)
        return
    except webhook_client.DeliveryFailedError as error:
        pause_s = min(FIRST_PAUSE_S * 2.0**answer.attempts, LONGEST_PAUSE_S)
        log.warning("%s: %s; trying again in %.0f s", answer.id, error, pause_s)
        outbox.put(connection, answer.model_copy(update={"attempts": answer.attempts + 1}), pause_s)
        return
    answer_lock.close(connection, answer.reply_to)
    outbox.remove(connection, answer)


def _malformed(connection: "redis.Redis", answer: Answer) -> None:
    """Try again, and in the end apologize and note an incident."""
    again = answer.model_copy(update={"attempts": answer.attempts + 1})
    if again.attempts >= MALFORMED_ATTEMPTS:
        if answer.instead:
            outbox.remove(connection, answer)
            return
        reference = secrets.token_hex(4)
        log.error("reference %s: Discord finds the answer of %s malformed", reference, answer.id)
        incidents.note(connection, reference, "an answer that Discord finds malformed")
        body = notices.failed(reference, answer.reply_to.locale)
        again = again.model_copy(update={"body": body, "file": None, "instead": True, "attempts": 0})
    outbox.put(connection, again, FIRST_PAUSE_S)

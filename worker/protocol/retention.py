"""How long everything is kept: every lifetime, once.

The privacy help and `docs/retention.md` are made from this table. Verse records are kept for as long as their
guild says, so their entry is the default (`worker.records.guild_settings`).
"""

from dataclasses import dataclass
from typing import Literal

from shakelm.lifetimes import ABANDONED_CHECKPOINT_S, LEFTOVER_S

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S


@dataclass(frozen=True)
class Lifetime:
    """`what` is kept for `seconds` after `since`. Both are words for the docs.

    `personal`: it holds a person's id, or what a person wrote. `where` keeps it.
    """

    what: str
    seconds: int
    since: str
    personal: bool = False
    where: Literal["Redis", "disk"] = "Redis"

    @property
    def days(self) -> int:
        """Whole days."""
        return self.seconds // DAY_S


INTERACTION = Lifetime("a request, its interaction token, its job", 15 * MINUTE_S, "the interaction", True)
"""Discord: an interaction token is valid for 15 minutes (Receiving and Responding: Followup Messages)."""

OUTBOX = Lifetime("an answer on its way to Discord", INTERACTION.seconds, "the answer", True)
ENDED_JOB = Lifetime("the job record of an ended job", 20, "the end of the job", True)
"""Not 0: RQ then deletes the record at once and trips over the execution of a killed worker."""

REQUEST_COUNT = Lifetime("the count of requests per person per minute", MINUTE_S, "the request", True)
ANSWER_CLAIM = Lifetime("the mark that a final answer is claimed", INTERACTION.seconds, "the claim")
VERSE_RECORD = Lifetime("a verse: settings, text, author", 90 * DAY_S, "the request", True)
FORM_DRAFT = Lifetime("what was typed into a form that could not be used", 15 * MINUTE_S, "the form", True)
SHARED_LINE = Lifetime("a shared line of `/next`: text, who began it", DAY_S, "the last press", True)
TRAINING = Lifetime("a training: request, progress, curves, who asked", 30 * DAY_S, "its last change", True)
PROPOSAL = Lifetime(
    "a proposed training that nobody has started, and its text", HOUR_S, "`/admin train`", True
)
ATTACHED_TEXT = Lifetime("the attached text of a training that waits or runs", 7 * DAY_S, "*Start*", True)
DEPARTED_GUILD = Lifetime(
    "everything of a server that has removed the bot, if it is not gone before",
    30 * DAY_S,
    "the removal",
    True,
)
INCIDENT = Lifetime("the latest errors, by reference", 30 * DAY_S, "the latest error")
CHECKPOINT = Lifetime(
    "the checkpoint of a training that nobody continued",
    ABANDONED_CHECKPOINT_S,
    "its last epoch",
    where="disk",
)
LEFTOVER = Lifetime("temporary files of a killed process", LEFTOVER_S, "their making", where="disk")
BOT_HEARTBEAT = Lifetime("the bot's heartbeat", 30, "the heartbeat")
BOT_INSTANCE = Lifetime("the mark that one bot of several lives", 3, "the heartbeat")
BOT_SESSION = Lifetime("where a bot left Discord's gateway", 5 * MINUTE_S, "the heartbeat")
INTERACTION_CLAIM = Lifetime("which bot takes an interaction", INTERACTION.seconds, "the interaction")
BOT_LEASE = Lifetime("which bot does the work in the background", 6, "the heartbeat")
VERSE_WORKER_HEARTBEAT = Lifetime("a verse worker's heartbeat", 12, "the heartbeat")
SUPERVISOR_HEARTBEAT = Lifetime("a training supervisor's heartbeat", 12, "the heartbeat")
TRAINING_WORKER_HEARTBEAT = Lifetime("a training worker's heartbeat", 40, "the heartbeat")
"""Longer: no thread runs while TensorFlow's libraries load."""

WITHOUT_EXPIRY = (
    "guild settings",
    "the index of model versions",
    "the live version that was announced last",
    "the pause switch of the queue",
    "the durations of the latest 50 jobs",
    "the speeds of trainings, and the devices of hosts",
    "the name and the size of the training workers' text",
    "the key of the pseudonyms in exports",
)
"""What Redis keeps until it is replaced. None of it holds a person's id or what a person wrote."""

LIFETIMES = tuple(value for value in list(globals().values()) if isinstance(value, Lifetime))
"""The table, in the order above."""

"""How long a message to Discord is retried: one policy, with its two uses side by side."""

from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay, wait_exponential

from worker.delivery import answer_lock


class TryAgainError(Exception):
    """An attempt that failed and may be repeated.

    `pause_s` is the pause in seconds that Discord asks for; None if Discord asks for none.
    """

    def __init__(self, reason: str, pause_s: float | None = None) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


@dataclass(frozen=True)
class RetryPolicy:
    """The time budget of one message, in seconds.

    Attributes:
        patience_s: the last attempt starts within this time of the first.
        connect_s: the longest wait for a connection, in each attempt.
        silence_s: the longest silence during the response, in each attempt.
    """

    patience_s: float
    connect_s: float
    silence_s: float

    @property
    def longest_s(self) -> float:
        """The longest duration of all attempts, if one address is tried and the response comes at once."""
        return self.patience_s + self.connect_s + self.silence_s

    def call(self, attempt: Callable[[], None], seconds_left: float) -> None:
        """Call `attempt` until it raises no `TryAgainError`.

        The pauses are those that Discord asks for, or else grow from 0.5 to 8 seconds. No attempt starts
        after `seconds_left`.

        Raises:
            TryAgainError: of the last attempt.
        """
        Retrying(
            retry=retry_if_exception_type(TryAgainError),
            wait=_pause,
            stop=stop_before_delay(min(self.patience_s, seconds_left)),
            reraise=True,
        )(attempt)


FINAL_ANSWER = RetryPolicy(patience_s=12.0, connect_s=3.05, silence_s=10.0)
REFRESH = RetryPolicy(patience_s=1.0, connect_s=3.05, silence_s=5.0)
"""A waiting notice. The next refresh comes soon, so this one gives up early."""

assert REFRESH.longest_s < answer_lock.REFRESH_S, "A refresh must end before its lock expires."  # noqa: S101

_growing = wait_exponential(multiplier=0.5, max=8)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TryAgainError) and error.pause_s is not None:
        return error.pause_s
    return _growing(state)

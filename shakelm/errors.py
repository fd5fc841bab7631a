"""The error that people read."""


class ShakelmError(Exception):
    """A mistake in the input or the environment, as one sentence that names the cause and the cure.

    Commands print the sentence and exit with status 1. It may name commands and paths, which help nobody in
    Discord: with a `key`, the bot shows its own text of that key instead, filled with `values`. No traceback
    is needed.
    """

    def __init__(self, sentence: str, /, *, key: str = "", **values: object) -> None:
        super().__init__(sentence)
        self.key = key
        self.values = values

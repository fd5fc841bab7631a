"""The error that people read."""


class ShakelmError(Exception):
    """A mistake in the input or the environment, as one sentence that names the cause and the cure.

    Commands print the sentence and exit with status 1, and the bot shows it. No traceback is needed.
    """

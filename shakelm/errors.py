"""The one error that is meant for people."""


class ShakelmError(Exception):
    """A mistake in input or surroundings: one sentence that names the cause and the cure.

    Commands print it and exit with status 1, the bot shows it; it never needs a traceback.
    """

"""The lifetimes of abandoned files on disk, in seconds."""

ABANDONED_CHECKPOINT_S = 30 * 24 * 60 * 60
"""A checkpoint whose training was not resumed."""

LEFTOVER_S = 24 * 60 * 60
"""The temporary files of a killed process."""

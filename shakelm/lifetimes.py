"""How long files on disk are kept that nobody needs any more, in seconds."""

ABANDONED_CHECKPOINT_S = 30 * 24 * 60 * 60
"""A checkpoint whose training never went on."""

LEFTOVER_S = 24 * 60 * 60
"""The temporary files of a killed publisher."""

"""The model registry: immutable versions, their cards, and the live alias."""

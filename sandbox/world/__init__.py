"""The state of the stand-in: one guild with its members, channels, messages, commands and interactions."""

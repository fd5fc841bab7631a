"""The JSON that Discord accepts and refuses: forms with their limits, and Discord's own error messages."""

"""What a person does in Discord's client, as functions: type, press, pick, submit, complete, read.

An action takes the world and a member and starts an interaction; `replies.answered` waits for the bot's
messages. The terminal and the control API stand on this package, and tests may call it directly.
"""

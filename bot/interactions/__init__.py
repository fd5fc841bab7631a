"""The glue to discord.py: the client, answers, handlers of buttons and forms, checks, errors."""

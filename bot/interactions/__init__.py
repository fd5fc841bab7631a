"""The glue to discord.py: the client, answers, buttons, forms, checks, errors."""

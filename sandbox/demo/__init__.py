"""The demo: Valkey, the stand-in, the bot and its workers as one program."""

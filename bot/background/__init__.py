"""What the bot does on its own: notices of those who wait, messages of trainings, its heartbeat."""

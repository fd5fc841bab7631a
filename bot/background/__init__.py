"""What the bot does without being asked: waiting notices, messages of trainings, its heartbeat."""

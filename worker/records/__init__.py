"""What Redis keeps for people and guilds, apart from the queue and trainings."""

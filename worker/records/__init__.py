"""What Redis keeps for people and servers, apart from the queue and trainings."""

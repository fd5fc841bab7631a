"""Jobs: what the queue carries, the processes that run it, and the delivery of answers."""

"""The queue as its clients see it: enqueue, admission, places and waits, withdrawal."""

"""The Discord bot: checks, answers and enqueues; it never imports TensorFlow."""

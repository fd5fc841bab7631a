"""The Discord bot: it checks, answers, and enqueues. It never imports TensorFlow."""

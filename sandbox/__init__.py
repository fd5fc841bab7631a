"""A Discord on your own machine: the part of its protocol that a bot needs, on loopback."""

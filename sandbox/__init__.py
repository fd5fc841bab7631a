"""A stand-in for Discord on one machine: the part of its protocol that a bot needs, on loopback."""

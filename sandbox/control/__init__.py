"""The HTTP API under `/sandbox`, through which tests and other programs act as members."""

"""The connection to Discord: the API, interactions as they come in, first answers, the running bots."""

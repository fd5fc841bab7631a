"""The routes of REST API v10 that a bot uses."""

"""A Discord on your own machine: gateway, REST API v10 and a terminal chat, for demos and tests."""

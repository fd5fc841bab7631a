"""The gateway: events that reach the bot over a WebSocket."""

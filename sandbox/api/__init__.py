"""What the bot talks to: Discord's REST API and gateway, and the faults that tests put into them."""

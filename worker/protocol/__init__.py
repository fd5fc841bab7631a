"""What bot and worker say to each other: payloads by subject, as JSON in Redis."""

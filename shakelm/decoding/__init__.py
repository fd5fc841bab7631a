"""From logits to text: sampling, generation, and the most likely next tokens."""

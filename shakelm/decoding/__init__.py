"""From logits to text: sampling, generation, and what comes next."""

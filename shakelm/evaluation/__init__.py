"""How good a model is: scores of a text, n-gram baselines, and plots."""

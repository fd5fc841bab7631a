"""How good a model is: scores of a text, and plots."""

"""The text that models learn from: corpora, the split, vocabularies."""

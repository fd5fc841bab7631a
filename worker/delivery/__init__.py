"""Answers on their way to Discord: webhook edits, one writer at a time."""

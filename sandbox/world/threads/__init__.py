"""Threads of channels and posts of forums: how they start, and the lists of them."""

"""The lessons: a file for each, with its request, its answer, and its message.

The bot imports these files for their requests, so NumPy and what needs it are imported inside functions.
"""

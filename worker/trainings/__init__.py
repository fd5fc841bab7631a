"""Trainings from the proposal to the end, as Redis keeps them, and their cost."""

"""The nearest organisms of the run: its index, and the question asked of it."""

"""The figures of a run, each with the numbers it shows."""

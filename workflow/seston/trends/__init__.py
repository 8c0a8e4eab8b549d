"""Counts, shares and concentrations of clusters through time, with their intervals."""

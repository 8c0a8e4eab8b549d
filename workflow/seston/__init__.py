"""Seston: plankton images to clusters, abundances and temporal trends."""

__version__ = "0.1.0"

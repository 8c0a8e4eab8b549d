"""Clusters of an earlier run kept for new images: taking them over, and what has changed since."""

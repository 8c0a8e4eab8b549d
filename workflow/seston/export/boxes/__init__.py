"""Boxes of organisms in the pictures they were cut from, for training detectors."""

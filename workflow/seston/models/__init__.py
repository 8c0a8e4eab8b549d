"""Backbones, their weights and the two ways to train them without labels."""

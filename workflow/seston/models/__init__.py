"""Backbones, their weights and the ways to train them without labels."""

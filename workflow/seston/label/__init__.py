"""Naming clusters and checking images: what people say of them, kept and read back."""

"""Small instruments that never were: what they write is known to the last pixel."""

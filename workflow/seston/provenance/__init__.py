"""Where results come from, and whether they are still what was written."""

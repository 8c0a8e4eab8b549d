"""Names of clusters: what people call them, and what becomes of that when clusters change."""

"""All organisms as one table with pictures, for Embedding Atlas and other viewers of tables."""

"""What the report says in sentences."""

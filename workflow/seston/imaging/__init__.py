"""What pixels say: background, foreground and masks, as pure functions on arrays."""

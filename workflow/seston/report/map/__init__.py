"""The map of all organisms as a page of its own, and the small pictures beside it."""

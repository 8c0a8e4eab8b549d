"""Whether clusters can be trusted: what each is like, and what else but kind may have made it."""

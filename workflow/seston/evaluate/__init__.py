"""How good embeddings are, with labels and without, and which model is to be used."""

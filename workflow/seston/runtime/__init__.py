"""How embeddings are computed on the machine at hand: engines, their proof, the choice."""

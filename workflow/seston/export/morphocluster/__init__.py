"""MorphoCluster: what it loads of a run, and what people made of the tree there, read back."""

"""Clusters of embeddings: k-means, assignment, the map with its density clusters, examples."""

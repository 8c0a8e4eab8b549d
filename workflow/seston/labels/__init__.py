"""What people and instruments say organisms are; read to evaluate, never to cluster."""

"""What people and instruments say organisms are: to evaluate and to classify, never to cluster."""

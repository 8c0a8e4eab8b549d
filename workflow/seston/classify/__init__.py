"""Classes from few labels: learned on embeddings or images, corrected, calibrated, counted."""

"""Networks that learn from labelled images: heads, fine-tuning, training from scratch."""

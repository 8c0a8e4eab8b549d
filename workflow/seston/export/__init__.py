"""What leaves a run for the tools of others."""

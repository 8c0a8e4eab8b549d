"""What the counts say of whole communities: diversity, turnover, ordination, synchrony."""

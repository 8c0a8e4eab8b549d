"""Darwin Core archives, as OBIS, GBIF and EMODnet take them, and their checker."""

"""A flat table by the column names of SHARK and ICES."""

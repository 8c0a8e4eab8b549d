"""What the report is given: tables and facts of a run, read and held against each other."""

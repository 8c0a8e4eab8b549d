"""What changed through time: tests of single series and of the differences between groups."""

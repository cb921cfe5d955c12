"""What arcs are, in units of the sample."""

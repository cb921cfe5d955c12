"""The fit of one circuit to one spectrum."""

"""Whether a spectrum can be trusted, and what its leads add to it."""

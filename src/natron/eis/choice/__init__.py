"""Which circuit a spectrum calls for."""

"""The commands, one file for a group of them."""

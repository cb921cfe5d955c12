"""Readers of instruments' own formats, one file each."""

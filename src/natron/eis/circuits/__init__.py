"""Circuits in words, and the elements they are made of."""

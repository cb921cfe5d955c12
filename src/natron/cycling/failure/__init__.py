"""Shorts, voids and the critical current density: how a cell fails under current, and how many do."""

"""Cycles, efficiency, resistance, shorts and critical current out of a cycling record."""

"""Sodium and potassium: phases, films, anodes that stay liquid, evaporation."""

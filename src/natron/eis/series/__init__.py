"""Spectra over temperature, cycles or time, fitted together."""

"""
Sodium into a potassium film
============================

The phase diagram of Na–K, with the window in which the alloy is liquid at 25 °C.
"""

from natron.core import parse_quantity
from natron.interface import alloy_anode
from natron.plot import figure
from natron.plot.alloys import phase_diagram

found = alloy_anode(parse_quantity("25 °C", "temperature"), film=parse_quantity("10 µm", "length"))

drawn, ax = figure(15, 11)
phase_diagram(found, ax=ax)

"""
The window of pressing sodium
=============================

Temperature against pressure for sodium on a ceramic tape, pressed for a minute: contact, and the limits by melting,
cracking and voids.
"""

from natron.core import parse_quantity
from natron.interface import pair, pressing_map
from natron.plot import figure
from natron.plot.pressing import pressing_window

found = pressing_map(pair("Na", "nzsp-tape"), parse_quantity("60 s", "time"), points=61)

drawn, ax = figure(15, 11)
pressing_window(found, ax=ax)

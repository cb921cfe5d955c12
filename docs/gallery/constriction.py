"""
Current through a spot
======================

Potential and current density in a block of ceramic that metal touches on a tenth of its face.
"""

from natron.constriction import assess, make_body
from natron.plot import figure
from natron.plot.constriction import potential_and_current

body = make_body((24, 24, 24), 0.5e-6, 0.16, contact_share=0.10)
found = assess(body)

drawn, axes = figure(13, 15, rows=2)
potential_and_current(found, axes=axes)

"""Results drawn on matplotlib Axes: each function takes the axes and returns it. Needs natron[plot]."""

from natron.plot.design import breakdown, roadmap_waterfall, stack_to_scale, tornado
from natron.plot.style import figure, to_svg

__all__ = ["breakdown", "figure", "roadmap_waterfall", "stack_to_scale", "to_svg", "tornado"]

"""From a cell to its design figures, their uncertainties, what limits them, and what would improve them."""

from natron.design import relations
from natron.design.assessment import Assessment, assess
from natron.design.figures import (
    Check,
    Figures,
    Share,
    cell_capacity,
    checks,
    describe_area,
    figures,
    reference_area_m2,
    separator_resistance,
)
from natron.design.inverse import Inverse, solve_for, solve_input
from natron.design.parts import NoSuchFigureError
from natron.design.relations import RELATIONS
from natron.design.roadmap import Stage, roadmap
from natron.design.sensitivity import Sensitivity, sensitivity, sobol_indices
from natron.design.stack import (
    FIGURE_KINDS,
    FIGURE_LABELS,
    Basis,
    StackModel,
    figure_label,
    input_label,
    physical,
    stack_model,
)
from natron.design.steps import STEPS, Step, parse_step

__all__ = [
    "FIGURE_KINDS",
    "FIGURE_LABELS",
    "RELATIONS",
    "STEPS",
    "Assessment",
    "Basis",
    "Check",
    "Figures",
    "Inverse",
    "NoSuchFigureError",
    "Sensitivity",
    "Share",
    "StackModel",
    "Stage",
    "Step",
    "assess",
    "cell_capacity",
    "checks",
    "describe_area",
    "figure_label",
    "figures",
    "input_label",
    "parse_step",
    "physical",
    "reference_area_m2",
    "relations",
    "roadmap",
    "sensitivity",
    "separator_resistance",
    "sobol_indices",
    "solve_for",
    "solve_input",
    "stack_model",
]

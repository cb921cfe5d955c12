"""Chemical formulas to molar masses and theoretical capacities."""

from __future__ import annotations

import re

from natron.core.constants import FARADAY_C_PER_MOL
from natron.core.errors import MaterialError, did_you_mean

# Standard atomic weights, g/mol, abridged to five digits: Prohaska et al. 2022, Pure Appl. Chem. 94, 573,
# DOI 10.1515/pac-2019-0603.
ATOMIC_WEIGHTS_G_PER_MOL = {
    "H": 1.0080, "Li": 6.94, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.990,
    "Mg": 24.305, "Al": 26.982, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45, "K": 39.098,
    "Ca": 40.078, "Sc": 44.956, "Ti": 47.867, "V": 50.942, "Cr": 51.996, "Mn": 54.938, "Fe": 55.845,
    "Co": 58.933, "Ni": 58.693, "Cu": 63.546, "Zn": 65.38, "Ga": 69.723, "Ge": 72.630, "Se": 78.971,
    "Br": 79.904, "Rb": 85.468, "Sr": 87.62, "Y": 88.906, "Zr": 91.224, "Nb": 92.906, "Mo": 95.95,
    "Ag": 107.87, "In": 114.82, "Sn": 118.71, "Sb": 121.76, "Te": 127.60, "I": 126.90, "Cs": 132.91,
    "Ba": 137.33, "La": 138.91, "Ce": 140.12, "Pr": 140.91, "Nd": 144.24, "Sm": 150.36, "Eu": 151.96,
    "Gd": 157.25, "Tb": 158.93, "Dy": 162.50, "Ho": 164.93, "Er": 167.26, "Tm": 168.93, "Yb": 173.05,
    "Lu": 174.97, "Hf": 178.49, "Ta": 180.95, "W": 183.84, "Au": 196.97, "Pb": 207.2, "Bi": 208.98,
}  # fmt: skip

_TOKEN = re.compile(r"([A-Z][a-z]?)|([(\[])|([)\]])|(\d+(?:\.\d+)?)")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_MAX_LENGTH = 100


def parse_formula(formula: str) -> dict[str, float]:
    """Atoms per formula unit, brackets multiplied out.

    Raises
    ------
    MaterialError
        For an unknown element, an unbalanced bracket or anything that is not a formula.

    Examples
    --------
    >>> parse_formula("Na3V2(PO4)3")
    {'Na': 3.0, 'V': 2.0, 'P': 3.0, 'O': 12.0}
    """
    text = formula.translate(_SUBSCRIPTS).replace(" ", "")
    if not text or len(text) > _MAX_LENGTH:
        raise MaterialError("this is not a chemical formula", given=formula, allowed='such as "Na3V2(PO4)3"')
    groups: list[dict[str, float]] = [{}]
    last: dict[str, float] | None = None
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MaterialError("this is not a chemical formula", given=formula, allowed='such as "Na3V2(PO4)3"')
        element, opening, closing, number = match.groups()
        if number and last is None:
            raise MaterialError("a number in this formula follows no element or bracket", given=formula)
        if element or opening or closing:
            _add(groups[-1], last, 1.0)
            last = None
        if element:
            if element not in ATOMIC_WEIGHTS_G_PER_MOL:
                raise MaterialError(
                    f'unknown element "{element}"',
                    given=formula,
                    hint=did_you_mean(element, ATOMIC_WEIGHTS_G_PER_MOL),
                )
            last = {element: 1.0}
        elif opening:
            groups.append({})
        elif closing:
            if len(groups) == 1:
                raise MaterialError("a bracket in this formula is not balanced", given=formula)
            last = groups.pop()
        else:
            _add(groups[-1], last, float(number))
            last = None
        position = match.end()
    if len(groups) > 1:
        raise MaterialError("a bracket in this formula is not balanced", given=formula)
    _add(groups[0], last, 1.0)
    return groups[0]


def _add(total: dict[str, float], part: dict[str, float] | None, times: float) -> None:
    for element, count in (part or {}).items():
        total[element] = total.get(element, 0.0) + times * count


def molar_mass_kg_per_mol(formula: str) -> float:
    """Molar mass of one formula unit, kg/mol.

    Raises
    ------
    MaterialError
        Where the formula cannot be read.
    """
    atoms = parse_formula(formula)
    return 1e-3 * sum(count * ATOMIC_WEIGHTS_G_PER_MOL[element] for element, count in atoms.items())


def theoretical_specific_capacity_C_per_kg(formula: str, electrons: float) -> float:
    """Charge per mass that `electrons` per formula unit give: n F / M, C/kg.

    Parameters
    ----------
    formula : str
        The unit whose mass counts.
    electrons : float
        Electrons exchanged per formula unit, > 0.

    Raises
    ------
    MaterialError
        Where the formula cannot be read.

    Examples
    --------
    >>> round(theoretical_specific_capacity_C_per_kg("LiFePO4", 1) / 3600e-3 / 1e3, 1)
    169.9
    """
    return electrons * FARADAY_C_PER_MOL / molar_mass_kg_per_mol(formula)

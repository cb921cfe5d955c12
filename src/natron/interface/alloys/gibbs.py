"""Gibbs functions of a binary from a thermodynamic database (TDB): solution phases and stoichiometric compounds.

pycalphad does this and far more; its start alone takes seconds, so natron evaluates this one kind of database itself
and holds the answers against pycalphad's in its tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.core.constants import AVOGADRO_PER_MOL, BOLTZMANN_J_PER_K

GAS_CONSTANT_J_MOL_K = BOLTZMANN_J_PER_K * AVOGADRO_PER_MOL

Array = NDArray[np.float64]

_NUMBER = r"\d*\.?\d+(?:E[+-]?\d+)?"
_TERM = re.compile(
    rf"(?P<sign>[+-]?)(?:(?P<number>{_NUMBER})\*?)?(?:"
    rf"(?P<name>[A-Z_][A-Z0-9_]*)#|(?P<log>T\*LN\(T\))|T(?:\*\*(?P<power>\(-?\d+\)|-?\d+))?|(?<=\d)|(?<=\d\.))"
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One temperature range of an expression: Σ a Tⁿ + b T ln T + Σ c·function."""

    upper_K: float
    powers: tuple[tuple[float, int], ...]
    log: float
    functions: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """A phase of variable composition: ideal mixing and a Redlich–Kister polynomial in x_first − x_second."""

    name: str
    first: tuple[_Piece, ...]
    second: tuple[_Piece, ...]
    excess: tuple[tuple[_Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class Compound:
    """A phase of fixed composition; `energy` is per formula unit of `atoms` atoms, x of the second element."""

    name: str
    x: float
    atoms: float
    energy: tuple[_Piece, ...]


@dataclass(frozen=True, slots=True)
class BinaryDatabase:
    """What a database says of one binary.

    Attributes
    ----------
    elements : tuple of str
        First and second, in alphabetical order; x is the mole fraction of the second.
    solutions : tuple of Solution
    compounds : tuple of Compound
    """

    elements: tuple[str, str]
    solutions: tuple[Solution, ...]
    compounds: tuple[Compound, ...]
    functions: Mapping[str, tuple[_Piece, ...]]

    def value(self, pieces: tuple[_Piece, ...], T: float) -> float:
        """An expression at T (K), J/mol."""
        piece = next((p for p in pieces if p.upper_K >= T), pieces[-1])
        total = sum(a * T**n for a, n in piece.powers) + piece.log * T * float(np.log(T))
        return total + sum(c * self.value(self.functions[name], T) for c, name in piece.functions)

    def at(self, T: float) -> tuple[tuple[SolutionAt, ...], tuple[CompoundAt, ...]]:
        """Every phase at one temperature, K."""
        solutions = tuple(
            SolutionAt(
                s.name,
                T,
                self.value(s.first, T),
                self.value(s.second, T),
                tuple(self.value(term, T) for term in s.excess),
            )
            for s in self.solutions
        )
        return solutions, tuple(CompoundAt(c.name, c.x, self.value(c.energy, T) / c.atoms) for c in self.compounds)


@dataclass(frozen=True, slots=True)
class CompoundAt:
    """A compound at one temperature: energy in J per mole of atoms."""

    name: str
    x: float
    energy: float


@dataclass(frozen=True, slots=True)
class SolutionAt:
    """A solution phase at one temperature; energies in J/mol, x the mole fraction of the second element."""

    name: str
    T: float
    first: float
    second: float
    excess: tuple[float, ...]

    def energy(self, x: Array) -> Array:
        """Gibbs energy at compositions strictly between 0 and 1."""
        y = 1 - x
        mixing = GAS_CONSTANT_J_MOL_K * self.T * (x * np.log(x) + y * np.log(y))
        return y * self.first + x * self.second + mixing + x * y * np.polyval(self.excess[::-1], y - x)

    def slopes(self, x: Array) -> tuple[Array, Array]:
        """First and second derivative of `energy` with respect to x."""
        y, d, RT = 1 - x, 1 - 2 * x, GAS_CONSTANT_J_MOL_K * self.T
        series = np.poly1d(self.excess[::-1] or (0.0,))
        p, p1, p2 = series(d), series.deriv(1)(d), series.deriv(2)(d)
        # p is a polynomial in d = 1 − 2x, so each derivative in x brings a factor −2
        first = self.second - self.first + RT * np.log(x / y) + d * p - 2 * x * y * p1
        second = RT / (x * y) - 2 * p - 4 * d * p1 + 4 * x * y * p2
        return first, second

    def potentials(self, x: Array) -> tuple[Array, Array]:
        """Chemical potentials of the first and second element."""
        g, slope = self.energy(x), self.slopes(x)[0]
        return g - x * slope, g + (1 - x) * slope


def read_tdb(text: str) -> BinaryDatabase:
    """A binary database.

    Parameters
    ----------
    text : str
        A TDB file with two elements, substitutional solutions on one sublattice and stoichiometric compounds; no
        magnetism, no order.

    Raises
    ------
    InputError
        Where it holds anything else; says what.
    """
    body = "\n".join(line for line in text.upper().splitlines() if not line.lstrip().startswith("$"))
    commands = [" ".join(command.split()) for command in body.split("!") if command.strip()]
    elements = sorted(c.split()[1] for c in commands if c.startswith("ELEMENT") and c.split()[1] not in ("/-", "VA"))
    if len(elements) != 2:
        raise InputError("this database is not of two elements", given=", ".join(elements))
    functions, phases, parameters = {}, {}, {}
    for command in commands:
        word, _, rest = command.partition(" ")
        if word == "FUNCTION":
            name, _, expression = rest.partition(" ")
            functions[name] = _pieces(expression)
        elif word == "PHASE":
            parts = rest.split()
            phases[parts[0]] = [float(site) for site in parts[3 : 3 + int(parts[2])]]
        elif word == "PARAMETER":
            match = re.fullmatch(r"G\((\w+),([^;]+);(\d+)\) ?(.*)", rest)
            if match is None:
                raise InputError("this kind of parameter is not supported", given=rest[:40])
            phase, constituents, order, expression = match.groups()
            parameters[phase, constituents.replace(" ", ""), int(order)] = _pieces(expression)
    solutions, compounds = [], []
    first, second = elements
    for name, sites in phases.items():
        if len(sites) == 1:
            orders = sorted(k[2] for k in parameters if k[:2] == (name, f"{first},{second}"))
            if orders != list(range(len(orders))):
                raise InputError("the interaction parameters of a phase must be of orders 0, 1, 2, …", given=name)
            solutions.append(
                Solution(
                    name,
                    parameters[name, first, 0],
                    parameters[name, second, 0],
                    tuple(parameters[name, f"{first},{second}", order] for order in orders),
                )
            )
            continue
        (key,) = [k for k in parameters if k[0] == name]
        atoms = dict.fromkeys(elements, 0.0)
        for site, element in zip(sites, key[1].split(":"), strict=True):
            atoms[element] += site
        compounds.append(Compound(name, atoms[second] / sum(sites), sum(sites), parameters[key]))
    return BinaryDatabase((first, second), tuple(solutions), tuple(compounds), functions)


def _pieces(text: str) -> tuple[_Piece, ...]:
    """``200 expression; 336.53 Y expression; 2200 N`` to its pieces."""
    parts = re.split(r";\s*([\d.]+)\s*([YN])", text)
    parts[0] = parts[0].partition(" ")[2]
    return tuple(_piece(parts[i], float(parts[i + 1])) for i in range(0, len(parts) - 1, 3))


def _piece(expression: str, upper_K: float) -> _Piece:
    text = expression.replace(" ", "")
    powers, functions, log, at = [], [], 0.0, 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None or match.end() == at:
            raise InputError("this expression of a database cannot be read", given=text[at : at + 40])
        factor = float(match["number"] or 1) * (-1 if match["sign"] == "-" else 1)
        if match["name"]:
            functions.append((factor, match["name"]))
        elif match["log"]:
            log += factor
        else:
            is_power = "T" in match[0]
            powers.append((factor, int((match["power"] or "1").strip("()")) if is_power else 0))
        at = match.end()
    return _Piece(upper_K, tuple(powers), log, tuple(functions))

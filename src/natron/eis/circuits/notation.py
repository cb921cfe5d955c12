"""Circuits in impedance.py's notation, parsed once to a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike

from natron.core import did_you_mean
from natron.eis.circuits.elements import Complex, Element, Parameter, Real, find_element, unknown_element
from natron.eis.errors import CircuitError

MAX_LENGTH = 1000
MAX_ELEMENTS = 40
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Leaf:
    """One element of a circuit: its label (``CPE1``) and what it is."""

    label: str
    element: Element

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """``R0`` for an element of one unnamed parameter, else ``CPE1_Q, CPE1_n``."""
        return tuple(f"{self.label}_{p.name}" if p.name else self.label for p in self.element.parameters)


@dataclass(frozen=True, slots=True)
class Series:
    """Branches one after the other: impedances add."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches side by side: admittances add."""

    children: tuple[Node, ...]


Node = Leaf | Series | Parallel


def leaves_of(node: Node) -> Iterator[Leaf]:
    """The elements of a tree, in the order they are written."""
    if isinstance(node, Leaf):
        yield node
    else:
        for child in node.children:
            yield from leaves_of(child)


@dataclass(frozen=True)
class Circuit:
    """A circuit with P parameters.

    Attributes
    ----------
    text : str
        As it was written, without blanks.
    root : Leaf, Series or Parallel
        The tree.
    """

    text: str
    # equal texts have equal trees: a symbol, once registered, keeps its meaning
    root: Node = field(compare=False, repr=False)

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The elements, in the order they are written."""
        return tuple(leaves_of(self.root))

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """P names: ``("R0", "R1", "CPE1_Q", "CPE1_n")``."""
        return tuple(name for leaf in self.leaves for name in leaf.parameter_names)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """P parameters, as `parameter_names`."""
        return tuple(p for leaf in self.leaves for p in leaf.element.parameters)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[object, ...]:
        # elements hold functions, which cannot be pickled; a user's own must be registered where it is read
        return parse_circuit, (self.text,)

    def values(self, given: Mapping[str, float] | Sequence[float]) -> Real:
        """Parameter values as an array (P,), from a mapping by name or a sequence in order.

        Raises
        ------
        CircuitError
            Where a name is unknown or missing, the number of values is wrong or one is not finite.
        """
        if isinstance(given, Mapping):
            self.refuse_unknown(given)
            missing = [name for name in self.parameter_names if name not in given]
            if missing:
                raise CircuitError(f"no value for {', '.join(missing)}", hint=f"{self} needs all of them.")
            given = [given[name] for name in self.parameter_names]
        array = np.array(given, dtype=np.float64)
        if array.shape != (len(self.parameter_names),) or not np.isfinite(array).all():
            raise CircuitError(
                "these are not the circuit's parameters",
                given=array.tolist(),
                allowed=f"{len(self.parameter_names)} finite numbers: {', '.join(self.parameter_names)}",
            )
        return array

    def refuse_unknown(self, names: Mapping[str, object]) -> None:
        """Raise a CircuitError where a name is none of the circuit's parameters."""
        for name in names:
            if name not in self.parameter_names:
                raise CircuitError(
                    f"{self} has no such parameter",
                    given=name,
                    hint=did_you_mean(str(name), self.parameter_names),
                )

    def impedance(self, values: Mapping[str, float] | Sequence[float], frequency_Hz: ArrayLike) -> Complex:
        """Impedance in ohm, shape (N,), at the frequencies (N,)."""
        return self.with_derivative(values, frequency_Hz)[0]

    def with_derivative(
        self, values: Mapping[str, float] | Sequence[float], frequency_Hz: ArrayLike
    ) -> tuple[Complex, Complex]:
        """Impedance (N,) in ohm and its derivative (P, N) with respect to each parameter."""
        p = self.values(values)
        s = 2j * np.pi * np.atleast_1d(np.asarray(frequency_Hz, dtype=np.float64))
        z, rows, _ = evaluate(self.root, p, s, 0)
        return z, np.concatenate(rows)


def evaluate(node: Node, p: Real, s: Complex, at: int) -> tuple[Complex, list[Complex], int]:
    """Impedance (N,), its derivatives as rows in parameter order, and where the next parameters begin."""
    if isinstance(node, Leaf):
        end = at + len(node.element.parameters)
        own = p[at:end]
        return node.element.impedance(own, s), [node.element.derivative(own, s)], end
    parts = []
    for child in node.children:
        z, rows, at = evaluate(child, p, s, at)
        parts.append((z, rows))
    if isinstance(node, Series):
        return sum((z for z, _ in parts), np.zeros_like(s)), [row for _, rows in parts for row in rows], at
    total = 1 / sum((1 / z for z, _ in parts), np.zeros_like(s))
    return total, [row * (total / z) ** 2 for z, rows in parts for row in rows], at


_TOKEN = re.compile(r"p\(|[A-Za-z]+[0-9]*|[-,)]")


def parse_circuit(text: str) -> Circuit:
    """Read a circuit such as ``R0-p(R1,CPE1)-p(R2,CPE2)``.

    ``-`` joins in series, ``p(…,…)`` in parallel; an element is its symbol and, at will, a number. Blanks
    do not matter.

    Raises
    ------
    CircuitError
        Where the text is empty, longer than 1000 characters, deeper than 12 brackets or holds more than 40
        elements, an element is unknown, a label stands twice, or a bracket or sign is out of place.

    Examples
    --------
    >>> parse_circuit("R0-p(R1,CPE1)").parameter_names
    ('R0', 'R1', 'CPE1_Q', 'CPE1_n')
    """
    if not isinstance(text, str):
        raise CircuitError("a circuit is written as text", given=text, allowed='such as "R0-p(R1,CPE1)"')
    if len(text) > MAX_LENGTH:
        raise CircuitError("this circuit is too long", given=text, allowed=f"{MAX_LENGTH} characters")
    compact = "".join(text.split())
    if not compact:
        raise CircuitError("the circuit is empty", given=text, allowed='such as "R0-p(R1,CPE1)"')
    return _parse(compact)


@lru_cache(maxsize=256)
def _parse(compact: str) -> Circuit:
    parser = _Parser(compact)
    root = parser.series(0)
    if parser.token is not None:
        raise parser.unexpected("this bracket was never opened" if parser.token == ")" else None)
    return Circuit(compact, root)


class _Parser:
    """Recursive descent over the tokens; `token` is the next one, None at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.labels: set[str] = set()
        self.position = 0
        self.token: str | None = None
        self.end = 0
        self.advance()

    def advance(self) -> None:
        self.position = self.end
        match = _TOKEN.match(self.text, self.position)
        if match is None and self.position < len(self.text):
            raise self.unexpected()
        self.token = match.group() if match else None
        self.end = match.end() if match else self.position

    def unexpected(self, problem: str | None = None) -> CircuitError:
        found = self.text[self.position : self.position + 12] or "the end"
        return CircuitError(
            problem or "this was not expected here",
            given=f"{found} at character {self.position + 1} of {self.text[:60]}",
            allowed="elements joined by -, and p(…,…) around branches in parallel",
        )

    def series(self, depth: int) -> Node:
        children = [self.item(depth)]
        while self.token == "-":
            self.advance()
            children.append(self.item(depth))
        return children[0] if len(children) == 1 else Series(tuple(children))

    def item(self, depth: int) -> Node:
        if self.token == "p(":
            return self.parallel(depth + 1)
        if self.token is None or not self.token[0].isalpha():
            raise self.unexpected()
        label = self.token
        element = find_element(label.rstrip("0123456789"))
        if element is None:
            raise unknown_element(label.rstrip("0123456789"))
        if label in self.labels:
            raise CircuitError("this element stands twice", given=label, hint="Number them: R1, R2.")
        if len(self.labels) == MAX_ELEMENTS:
            raise CircuitError("too many elements", given=self.text, allowed=f"{MAX_ELEMENTS} at most")
        self.labels.add(label)
        self.advance()
        return Leaf(label, element)

    def parallel(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise CircuitError("brackets are nested too deep", given=self.text, allowed=f"{MAX_DEPTH} deep")
        self.advance()
        children = [self.series(depth)]
        while self.token == ",":
            self.advance()
            children.append(self.series(depth))
        if self.token != ")":
            raise self.unexpected("a bracket was never closed" if self.token is None else None)
        if len(children) == 1:
            raise self.unexpected("p(…) needs two branches or more")
        self.advance()
        return Parallel(tuple(children))

"""How often the circuit a spectrum was made from is the one that is chosen, and how long that takes.

    python benchmarks/eis_auto.py [spectra per class] [--criterion aicc] [--noise 0.005] [--class NAME]

Right: the true circuit. Simpler, named: one with fewer parameters, with the truth among its rivals and a χ² no
more than the truth's own. Named: the truth is among the rivals in any way. More: more arcs than there are.
"Grid new" is the time of a first call on frequencies never seen; "grid known" that of all others, as in a
series; both count processor time, since other work on the machine is none of ours. The spectra are made by
formulas of their own; the selection sees frequencies and impedances alone.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from natron.data import Spectrum
from natron.eis.choice.selection import Selection, select_circuit

FREQUENCY_HZ = np.logspace(6, 0, 60)


@dataclass(frozen=True)
class Kind:
    """A class of true circuits: arcs, tail, and whether the leads have an inductance."""

    arcs: int
    tail: str = ""
    inductance: bool = False

    @property
    def circuit(self) -> str:
        parts = ["L0"] * self.inductance + ["R0"] + [f"p(R{i},CPE{i})" for i in range(1, self.arcs + 1)]
        return "-".join([*parts, f"{self.tail}{self.arcs + 1}"] if self.tail else parts)


KINDS = (
    Kind(0),
    Kind(1),
    Kind(2),
    Kind(3),
    Kind(0, "CPE"),
    Kind(1, "CPE"),
    Kind(2, "CPE"),
    Kind(3, "CPE"),
    Kind(1, "W"),
    Kind(2, "W"),
    Kind(1, "Wo"),
    Kind(2, "Wo"),
    Kind(1, "Ws"),
    Kind(2, "Ws"),
    Kind(0, "", True),
    Kind(1, "", True),
    Kind(2, "", True),
    Kind(2, "CPE", True),
)


def impedance(kind: Kind, rng: np.random.Generator, frequency_Hz: np.ndarray = FREQUENCY_HZ) -> np.ndarray:
    """R 5-100 ohm, n 0.8-0.95, τ from 1e-6 s rising by 10-60 (10-30 from three arcs on), tails from 3-30 Hz on."""
    s = 2j * np.pi * frequency_Hz
    z = np.full(len(s), rng.uniform(5, 100), dtype=complex)
    tau = 10 ** rng.uniform(-6, -5 if kind.arcs > 2 else -4)
    for _ in range(kind.arcs):
        z += rng.uniform(5, 100) / (1 + (s * tau) ** rng.uniform(0.8, 0.95))
        tau *= rng.uniform(10, 30 if kind.arcs > 2 else 60)
    size, knee = rng.uniform(20, 100), 2 * np.pi * 10 ** rng.uniform(0.5, 1.5)
    if kind.tail == "CPE":
        z += size * (s / knee) ** -rng.uniform(0.6, 0.95)
    elif kind.tail == "W":
        z += size * (s / knee) ** -0.5
    elif kind.tail:
        x = np.sqrt(s / knee)
        z += size * (np.tanh(x) / x if kind.tail == "Ws" else 1 / (x * np.tanh(x)))
    return z + s * 10 ** rng.uniform(-6.5, -5.5) if kind.inductance else z


def noisy(z: np.ndarray, rng: np.random.Generator, noise: float, frequency_Hz: np.ndarray = FREQUENCY_HZ) -> Spectrum:
    return Spectrum(frequency_Hz, z + noise * np.abs(z) * (rng.normal(size=len(z)) + 1j * rng.normal(size=len(z))))


def verdicts(kind: Kind, z: np.ndarray, found: Selection) -> dict[str, bool]:
    """What one selection got right."""
    right = found.circuit.text == kind.circuit
    named = any(rival.circuit.text == kind.circuit for rival in found.rivals)
    measured = found.result.spectrum.impedance_ohm
    true_chi2 = float((np.abs((z - measured) / measured) ** 2).sum())
    parameters = {"p": 3, "CPE": 2, "W": 1, "Wo": 2, "Ws": 2, "L": 1, "R": 1}
    size = sum(parameters[part.split("(")[0].rstrip("0123456789")] for part in kind.circuit.split("-"))
    simpler = len(found.circuit.parameter_names) <= size and found.result.chi2 <= true_chi2
    return {
        "right": right,
        "simpler, named": not right and named and simpler,
        "named": not right and named,
        "more arcs": found.chosen.arcs > kind.arcs,
        "ambiguous": found.ambiguous,
    }


def measure(kind: Kind, count: int, noise: float, criterion: str, seed: int = 1) -> dict[str, float]:
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    tally: Counter[str] = Counter()
    new, known = [], []
    for turn in range(count):
        # every tenth on a grid of its own, as a first call has it
        fresh = turn % 10 == 0
        frequency = FREQUENCY_HZ * (1 + 1e-3 * rng.uniform()) if fresh else FREQUENCY_HZ
        z = impedance(kind, rng, frequency)
        spectrum = noisy(z, rng, noise, frequency)
        begin = time.process_time()
        found = select_circuit(spectrum, criterion=criterion)
        (new if fresh else known).append(time.process_time() - begin)
        tally.update(name for name, holds in verdicts(kind, z, found).items() if holds)
    shares = {name: tally[name] / count for name in ("right", "simpler, named", "named", "more arcs", "ambiguous")}
    return shares | {
        "grid new ms": 1e3 * float(np.median(new)),
        "grid known ms": 1e3 * float(np.median(known or new)),
        "worst ms": 1e3 * max(new + known),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--criterion", default="bic", choices=["bic", "aicc"])
    parser.add_argument("--noise", type=float, default=0.005)
    parser.add_argument("--class", dest="only", help="one class by its circuit, such as R0-p(R1,CPE1)-W2")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    select_circuit(noisy(impedance(Kind(1), rng), rng, 0.005))
    print(f"{arguments.count} spectra a class, {100 * arguments.noise:g} % noise, {arguments.criterion}")
    for kind in KINDS:
        if arguments.only in (None, kind.circuit):
            row = measure(kind, arguments.count, arguments.noise, arguments.criterion)
            cells = [f"{n} {v:.0f}" if n.endswith("ms") else f"{n} {100 * v:.0f} %" for n, v in row.items()]
            print(f"{kind.circuit:44s} " + "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()

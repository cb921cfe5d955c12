"""How often the fit without a guess finds the best answer, how honest its errors are, and how long it takes.

    python benchmarks/eis_fit.py [spectra per class] [--engine numpy]

Reach: χ² of the fit at most that of the parameters the spectrum was made from. Coverage: share of the true
parameters within the 95 % interval, and within value ± 1.96 uncertainty. Off: share of unflagged fits with a
resistance more than 30 % wrong. The fit sees frequencies and impedances alone.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

from natron.data import Spectrum
from natron.eis import fit, parse_circuit

FREQUENCY_HZ = np.logspace(6, 0, 60)
NOISE = 0.005


@dataclass(frozen=True)
class Kind:
    name: str
    circuit: str
    ratios: tuple[float, float]


KINDS = (
    Kind("two arcs, ratio 10-100", "R0-p(R1,CPE1)-p(R2,CPE2)", (10, 100)),
    Kind("two arcs, ratio 3-10", "R0-p(R1,CPE1)-p(R2,CPE2)", (3, 10)),
    Kind("three arcs and tail", "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4", (10, 30)),
)


def make(kind: Kind, rng: np.random.Generator) -> tuple[Spectrum, np.ndarray]:
    """One noisy spectrum, its arcs inside the window, and the parameters (P,) it was made from."""
    arcs = kind.circuit.count("p(")
    values = [rng.uniform(5, 100)]
    log_tau = rng.uniform(-6, -5) if arcs > 2 else rng.uniform(-6, -4)
    for _ in range(arcs):
        resistance, n = rng.uniform(5, 100), rng.uniform(0.8, 0.95)
        values += [resistance, 10 ** (log_tau * n) / resistance, n]
        log_tau += np.log10(rng.uniform(*kind.ratios))
    if kind.circuit.endswith("CPE4"):
        n = rng.uniform(0.5, 0.9)
        # as large as an arc at 1 to 10 Hz
        values += [(2 * np.pi * 10 ** rng.uniform(0, 1)) ** -n / rng.uniform(5, 100), n]
    truth = np.array(values)
    z = parse_circuit(kind.circuit).impedance(truth.tolist(), FREQUENCY_HZ)
    noise = rng.normal(size=len(z)) + 1j * rng.normal(size=len(z))
    return Spectrum(FREQUENCY_HZ, z + NOISE * np.abs(z) * noise), truth


def measure(kind: Kind, count: int, engine: str = "auto", seed: int = 1) -> dict[str, float]:
    """Shares and times over `count` spectra."""
    rng = np.random.default_rng(seed)
    reach, flagged, off, inside, linear, seconds = [], [], [], [], [], []
    fit(make(kind, rng)[0], kind.circuit, engine=engine)
    for _ in range(count):
        spectrum, truth = make(kind, rng)
        begin = time.perf_counter()
        result = fit(spectrum, kind.circuit, engine=engine)
        seconds.append(time.perf_counter() - begin)
        model = parse_circuit(kind.circuit).impedance(truth.tolist(), spectrum.frequency_Hz)
        true_chi2 = (np.abs((model - spectrum.impedance_ohm) / spectrum.impedance_ohm) ** 2).sum()
        reach.append(result.chi2 <= true_chi2)
        flagged.append(result.status != "converged")
        found = list(result.parameters.values())
        inside.append([p.interval[0] <= t <= p.interval[1] for p, t in zip(found, truth, strict=True)])
        linear.append([abs(p.value - t) <= 1.96 * p.uncertainty for p, t in zip(found, truth, strict=True)])
        off.append(any(abs(p.value / t - 1) > 0.3 for p, t in zip(found, truth, strict=True) if p.unit == "ohm"))
    plain = ~np.array(flagged)
    milliseconds = 1e3 * np.array(seconds)
    return {
        "reach": float(np.mean(reach)),
        "flagged": float(np.mean(flagged)),
        "coverage": float(np.mean(inside)),
        "coverage, unflagged": float(np.mean(np.array(inside)[plain])),
        "1.96 s.e.": float(np.mean(linear)),
        "1.96 s.e., unflagged": float(np.mean(np.array(linear)[plain])),
        "off, unflagged": float(np.mean(np.array(off)[plain])),
        "off, all": float(np.mean(off)),
        "median ms": float(np.median(milliseconds)),
        "99 % ms": float(np.quantile(milliseconds, 0.99)),
        "worst ms": float(milliseconds.max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=2000)
    parser.add_argument("--engine", default="auto")
    arguments = parser.parse_args()
    for kind in KINDS:
        print(f"{kind.name}: {arguments.count} spectra")
        for name, value in measure(kind, arguments.count, arguments.engine).items():
            print(f"  {name:22s} {value:8.3f}" if "ms" in name else f"  {name:22s} {100 * value:7.2f} %")


if __name__ == "__main__":
    main()

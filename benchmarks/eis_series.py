"""What tying a temperature series gains, how well the tie is tested, how honest the errors are, and the time.

    python benchmarks/eis_series.py [series of each kind] [--engine numpy] [--only KIND]

Each series: 8 temperatures from -10 to 40 °C, two arcs with a ratio of time constants of 6 to 16 at 20 °C,
60 points from 1 MHz to 1 Hz, 0.5 % noise. R0 is a lead of fixed resistance and a bulk with its own activation
energy, so it follows no single law. A drift is linear in 1/T, centred, over the whole range, in one arc
chosen at random, of either sign. The fit sees frequencies, impedances and temperatures alone.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from natron.data import Spectrum
from natron.eis import fit
from natron.eis.series.analysis import fit_series
from natron.eis.series.arrhenius import BOLTZMANN_EV_PER_K

CIRCUIT = "R0-p(R1,CPE1)-p(R2,CPE2)"
FREQUENCY_HZ = np.logspace(6, 0, 60)
NOISE = 0.005
MIDDLE_K = 293.15


@dataclass(frozen=True)
class Kind:
    """What departs from the tie, over the range of temperatures."""

    name: str
    exponent: float = 0.0
    capacitance: float = 0.0
    energy_eV: float = 0.0


KINDS = (
    Kind("true"),
    Kind("n drifts by 0.03", exponent=0.03),
    Kind("C drifts by 15 %", capacitance=math.log(1.15)),
    Kind("E_A drifts by 0.03 eV", energy_eV=0.03),
)


@dataclass(frozen=True)
class Truth:
    energies_eV: tuple[float, float]
    culprit: str


def make(rng: np.random.Generator, kind: Kind, temperatures: int = 8) -> tuple[list[Spectrum], Truth]:
    """One series and what it was made from, by formulas of its own."""
    T = np.linspace(263.15, 313.15, temperatures)
    x = 1 / (BOLTZMANN_EV_PER_K * T)
    u, reach = x - 1 / (BOLTZMANN_EV_PER_K * MIDDLE_K), np.ptp(x)
    s = (x - x.mean()) / reach
    energy = rng.uniform(0.25, 0.35), rng.uniform(0.35, 0.5)
    resistance, n = rng.uniform(10, 60, 2), rng.uniform(0.82, 0.93, 2)
    tau = 10 ** rng.uniform(-5.3, -4.7) * np.array([1.0, rng.uniform(6, 16)])
    leads, bulk = rng.uniform(0.5, 2), rng.uniform(1, 5)
    broken, sign = int(rng.integers(2)), rng.choice([-1, 1])
    w = 2j * np.pi * FREQUENCY_HZ
    spectra = []
    for i, temperature in enumerate(T):
        z = np.full(len(w), leads + bulk * temperature / MIDDLE_K * np.exp(0.28 * u[i]), dtype=complex)
        for k in range(2):
            drift = sign * s[i] if k == broken else 0.0
            bend = sign * 0.5 * kind.energy_eV * reach * s[i] ** 2 if k == broken else 0.0
            R = resistance[k] * temperature / MIDDLE_K * np.exp(energy[k] * u[i] + bend)
            C = tau[k] / resistance[k] * np.exp(kind.capacitance * drift)
            z += R / (1 + (w * R * C) ** (n[k] + kind.exponent * drift))
        noise = NOISE * np.abs(z) * (rng.normal(size=len(z)) + 1j * rng.normal(size=len(z)))
        spectra.append(Spectrum(FREQUENCY_HZ, z + noise, temperature_K=temperature))
    return spectra, Truth(energy, f"R{broken + 1}")


def measure(kind: Kind, count: int, engine: str = "auto", seed: int = 1) -> dict[str, float]:
    """Shares, median errors of E_A and times over `count` series."""
    rng = np.random.default_rng(seed)
    rejected, named, what, separate, tied, inside, separate_inside, given, seconds, alone = ([] for _ in range(10))
    fit_series(make(rng, kind)[0], CIRCUIT, engine=engine)
    for _ in range(count):
        spectra, truth = make(rng, kind)
        begin = time.perf_counter()
        result = fit_series(spectra, CIRCUIT, engine=engine)
        middle = time.perf_counter()
        for spectrum in spectra:
            fit(spectrum, CIRCUIT, engine=engine)
        seconds.append(middle - begin)
        alone.append(time.perf_counter() - middle)
        rejected.append(not result.tie.accepted)
        if not result.tie.accepted:
            named.append(result.tie.culprit == truth.culprit)
            property_named = {"exponent": kind.exponent, "capacitance": kind.capacitance, "arrhenius": kind.energy_eV}
            what.append(property_named[result.tie.what] != 0)
        for name, energy in zip(("R1", "R2"), truth.energies_eV, strict=True):
            laws = result.separate_arrhenius[name], result.tied_arrhenius[name], result.arrhenius[name]
            p, q, r = (law.activation_energy for law in laws)
            separate.append(abs(p.value - energy))
            tied.append(abs(q.value - energy))
            separate_inside.append(p.interval[0] <= energy <= p.interval[1])
            inside.append(q.interval[0] <= energy <= q.interval[1])
            given.append(r.interval[0] <= energy <= r.interval[1])
    return {
        "tie rejected, %": 100 * np.mean(rejected),
        "right arc of those, %": 100 * np.mean(named) if named else math.nan,
        "right property of those, %": 100 * np.mean(what) if what else math.nan,
        "separate E_A error, meV": 1e3 * np.median(separate),
        "tied E_A error, meV": 1e3 * np.median(tied),
        "ratio": np.median(separate) / np.median(tied),
        "separate 95 % interval, %": 100 * np.mean(separate_inside),
        "tied 95 % interval, %": 100 * np.mean(inside),
        "given 95 % interval, %": 100 * np.mean(given),
        "fit_series, median ms": 1e3 * np.median(seconds),
        "separate fits alone, ms": 1e3 * np.median(alone),
        "tie and the rest, ms": 1e3 * np.median(np.array(seconds) - np.array(alone)),
    }


def published_report() -> None:
    """The oxide ceramic whose fit report was published with its spectrum, beside what natron finds."""
    from natron.io import read_spectra

    shared = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("NATRON_TEST_DATA", shared)).resolve() / "solid-electrolyte"
    report = folder / "Example_scripts_Example2_EIS_fit_report.txt"
    if not report.is_file():
        print(f"published fit report: no {report}; set NATRON_TEST_DATA to the folder that has it")
        return
    (spectrum,) = read_spectra(folder / "EIS_Data_Example-2_Example2b.txt")
    # its 80 degrees of freedom are 44 points: the six lowest frequencies were left out
    kept = spectrum.where(spectrum.frequency_Hz > 5.0)
    found = fit(kept, "p(R1,CPE1)-p(R2,CPE2)-CPE3")
    names = {"R1": "R1", "Q1": "CPE1_Q", "n1": "CPE1_n", "R2": "R2", "Q2": "CPE2_Q", "n2": "CPE2_n"}
    names |= {"Q3": "CPE3_Q", "n3": "CPE3_n"}
    print(f"published fit report: chi2 {found.chi2:.6e} of 4.311136e-03")
    for line in report.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) == 5 and words[1] == "=":
            p = found.parameters[names[words[0]]]
            print(f"  {words[0]:3s} {p.value:.3e} of {words[2]}   {p.uncertainty:.3e} of {words[3]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=400)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--only", default="", help="part of a kind's name")
    arguments = parser.parse_args()
    for kind in KINDS:
        if arguments.only in kind.name:
            print(f"{kind.name}: {arguments.count} series", flush=True)
            for name, value in measure(kind, arguments.count, arguments.engine).items():
                print(f"  {name:28s} {value:8.2f}", flush=True)
    published_report()


if __name__ == "__main__":
    main()

"""Time of the Kramers–Kronig test and of the distribution of relaxation times, beside impedance.py's linKK.

    NATRON_PEERS=/path/to/venv/bin/python python benchmarks/eis_kk.py [spectra]

NATRON_PEERS names a Python, or the folder of its environment, that can import impedance.py (and pandas and
altair, which its package imports). It runs beside this one and is asked spectrum by spectrum, in turn with
natron. Both fit Re and Im with a series inductance and capacitance: first at the same number of elements, then
each choosing the number by its μ criterion, c = 0.85. natron's time includes its tests of the residuals.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from natron.data import Spectrum
from natron.eis import drt, kramers_kronig

FREQUENCY_HZ = np.logspace(6, 0, 60)
ELEMENTS = (10, 20, 30)
REPEATS = 3

PEER = """
import contextlib, io, json, sys, time
import numpy as np
np.set_printoptions(legacy="1.25")  # linKK evaluates printed numbers, which numpy 2 prints otherwise
from impedance.validation import linKK
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    given = json.loads(line)
    f, z = np.array(given["f"]), np.array(given["re"]) + 1j * np.array(given["im"])
    seconds = []
    for _ in range(given["repeats"]):
        begin = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            m = linKK(f, z, c=given["c"], max_M=given["m"], fit_type="complex", add_cap=True)[0]
        seconds.append(time.perf_counter() - begin)
    print(json.dumps([min(seconds), m]), flush=True)
"""


class Peer:
    """impedance.py in its own Python."""

    def __init__(self, python: Path) -> None:
        command = [str(python), "-c", PEER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self._answer():
            raise OSError("it cannot import impedance.py")

    def seconds(self, spectrum: Spectrum, c: float | None, elements: int) -> tuple[float, int]:
        z = spectrum.impedance_ohm
        given = {"f": spectrum.frequency_Hz.tolist(), "re": z.real.tolist(), "im": z.imag.tolist()}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**given, "c": c, "m": elements, "repeats": REPEATS}) + "\n")
        self.process.stdin.flush()
        seconds, count = json.loads(self._answer())
        return seconds, count

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def peer() -> Peer | None:
    named = os.environ.get("NATRON_PEERS")
    if not named:
        print("NATRON_PEERS names no Python with impedance.py: natron's own figures only.")
        return None
    python = Path(named) / "bin" / "python" if Path(named).is_dir() else Path(named)
    try:
        return Peer(python)
    except OSError as error:
        print(f"no peer at {python} ({error}): natron's own figures only.")
        return None


def make(count: int) -> list[Spectrum]:
    """Two arcs with 0.5 % noise."""
    rng = np.random.default_rng(1)
    s = 2j * np.pi * FREQUENCY_HZ
    spectra = []
    for _ in range(count):
        tau = 10 ** rng.uniform(-6, -4)
        z = np.full(len(s), rng.uniform(5, 100), dtype=complex)
        for _ in range(2):
            z += rng.uniform(5, 100) / (1 + (s * tau) ** rng.uniform(0.8, 0.95))
            tau *= rng.uniform(10, 100)
        noise = rng.normal(size=len(s)) + 1j * rng.normal(size=len(s))
        spectra.append(Spectrum(FREQUENCY_HZ, z + 0.005 * np.abs(z) * noise))
    return spectra


def seconds(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def row(name: str, own: list[float], other: list[float], remark: str = "") -> None:
    mine = 1e3 * float(np.median(own))
    line = f"{name:34}{mine:10.3f}"
    if other:
        theirs = 1e3 * float(np.median(other))
        line += f"{theirs:14.2f}{theirs / mine:9.0f}"
    print(line + (f"   {remark}" if remark else ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spectra", type=int, nargs="?", default=20)
    count = parser.parse_args().spectra
    beside = peer()
    spectra = make(count)
    kramers_kronig(spectra[0])
    drt(spectra[0])
    print(f"{count} spectra of {len(FREQUENCY_HZ)} points, medians of the best of {REPEATS}, ms")
    print(f"{'':34}{'natron':>10}{'impedance.py':>14}{'ratio':>9}")
    for elements in ELEMENTS:
        own, other = [], []
        for spectrum in spectra:
            own.append(seconds(lambda s=spectrum, m=elements: kramers_kronig(s, elements=m)))
            if beside:
                other.append(beside.seconds(spectrum, None, elements)[0])
        failed = sum(not kramers_kronig(spectrum, elements=elements).passed for spectrum in spectra)
        remark = f"too few for {failed} of {count}; natron's time includes finding that out" if failed else ""
        row(f"Kramers–Kronig, {elements} elements", own, other, remark)
    own, other, mine, theirs = [], [], [], []
    for spectrum in spectra:
        own.append(seconds(lambda s=spectrum: kramers_kronig(s)))
        mine.append(kramers_kronig(spectrum).elements)
        if beside:
            taken, chosen = beside.seconds(spectrum, 0.85, 50)
            other.append(taken)
            theirs.append(chosen)
    remark = f"elements: natron {np.median(mine):.0f}" + (f", impedance.py {np.median(theirs):.0f}" if theirs else "")
    row("Kramers–Kronig, elements by μ", own, other, remark)
    row("distribution of relaxation times", [seconds(lambda s=spectrum: drt(s)) for spectrum in spectra], [])


if __name__ == "__main__":
    sys.exit(main())

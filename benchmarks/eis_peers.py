"""The fit beside impedance.py and pyimpspec: time, and how often each finds the best answer, in one run.

    NATRON_PEER_IMPEDANCE=/path/to/python NATRON_PEER_PYIMPSPEC=/path/to/python \\
        python benchmarks/eis_peers.py [spectra] [--impedance PYTHON] [--pyimpspec PYTHON]

Each peer runs in a Python of its own, since their dependencies clash with natron's, and is asked spectrum by
spectrum, in turn with natron. What is timed is one fit from arrays in memory to parameters and their errors, in
each process by its own clock; importing, compiling and the first fit are left out. natron gets frequencies and
impedances alone, the peers the true parameters times a random factor (15 %, exponents ± 0.02). Then natron and
impedance.py get that same guess. Two arcs are 60 points, 1 MHz to 1 Hz, R 5 to 100 ohm, n 0.8 to 0.95, ratio of
time constants 10 to 100, 0.5 % noise.

At the optimum: χ², with 1/|Z measured| weights, within 2 % of the best that any of them found. impedance.py and
natron minimise it. pyimpspec cannot: it minimises the sum of (deviation/|Z|)⁴ (its weight "boukamp", the nearest),
and so ends beside the optimum even where it converges. Of its methods the fastest is taken, "leastsq".
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from eis_fit import KINDS, Kind, make

from natron.data import Spectrum
from natron.eis import fit, parse_circuit

IMPEDANCE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from importlib.metadata import version
from impedance.models.circuits import CustomCircuit
print(json.dumps(version("impedance")), flush=True)
for line in sys.stdin:
    g = json.loads(line)
    f, z = np.array(g["f"]), np.array(g["re"]) + 1j * np.array(g["im"])
    begin = time.perf_counter()
    try:
        c = CustomCircuit(g["circuit"], initial_guess=g["guess"])
        c.fit(f, z, weight_by_modulus=True)
        found = [float(v) for v in c.parameters_]
    except Exception:
        found = None
    print(json.dumps([time.perf_counter() - begin, found]), flush=True)
"""

PYIMPSPEC = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
import pyimpspec
from importlib.metadata import version
print(json.dumps(version("pyimpspec")), flush=True)
for line in sys.stdin:
    g = json.loads(line)
    f, z = np.array(g["f"]), np.array(g["re"]) + 1j * np.array(g["im"])
    guess = iter(g["guess"])
    code = g["circuit"].replace("p(", "(").replace("CPE", "Q").replace("-", "").replace(",", "")
    code = "".join(ch for ch in code if not ch.isdigit())
    begin = time.perf_counter()
    try:
        circuit = pyimpspec.parse_cdc(code)
        elements = circuit.get_elements()
        for e in elements:
            e.set_values(**{name: next(guess) for name in e.get_values()})
        data = pyimpspec.DataSet(frequencies=f, impedances=z)
        r = pyimpspec.fit_circuit(circuit, data, method="leastsq", weight="boukamp", num_procs=1)
        found = [float(v) for e in r.circuit.get_elements() for v in e.get_values().values()]
    except Exception:
        found = None
    print(json.dumps([time.perf_counter() - begin, found]), flush=True)
"""

MISSING = """{name} is left out: {why}.
  To have it beside: python -m venv FOLDER && FOLDER/bin/python -m pip install {package}
  and then {variable}=FOLDER/bin/python"""


class Peer:
    """A fitter in its own Python, asked one spectrum at a time."""

    def __init__(self, python: str, code: str) -> None:
        command = [python, "-c", code]
        # where this process finds natron is nothing to the peer
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=alone
        )
        self.version = self._answer()

    def __call__(self, spectrum: Spectrum, circuit: str, guess: Sequence[float]) -> tuple[float, list[float] | None]:
        z = spectrum.impedance_ohm
        given = {
            "f": spectrum.frequency_Hz.tolist(),
            "re": z.real.tolist(),
            "im": z.imag.tolist(),
            "circuit": circuit,
            "guess": list(guess),
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        seconds, found = self._answer()
        return seconds, found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def _answer(self) -> list:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise OSError("it cannot import it")
        return json.loads(line)


@dataclass
class Record:
    """What one fitter did, spectrum by spectrum."""

    seconds: list[float]
    chi2: list[float]

    @property
    def milliseconds(self) -> float:
        return 1e3 * float(np.median(self.seconds))


def chi2_of(spectrum: Spectrum, circuit: str, values: Sequence[float] | None) -> float:
    if values is None:
        return np.inf
    z = spectrum.impedance_ohm
    return float((np.abs(parse_circuit(circuit).impedance(list(values), spectrum.frequency_Hz) / z - 1) ** 2).sum())


def natron(spectrum: Spectrum, circuit: str, initial: dict[str, float] | None) -> tuple[float, list[float]]:
    begin = time.perf_counter()
    result = fit(spectrum, circuit, initial=initial)
    found = [(p.value, p.uncertainty) for p in result.parameters.values()]
    return time.perf_counter() - begin, [value for value, _ in found]


def compare(kind: Kind, count: int, peers: dict[str, Peer], seed: int) -> dict[str, Record]:
    """Fits of `count` spectra by each, in turn."""
    rng = np.random.default_rng(seed)
    names = parse_circuit(kind.circuit).parameter_names
    fitters: dict[str, Callable[[Spectrum, list[float]], tuple[float, list[float] | None]]] = {
        "natron, no guess": lambda s, g: natron(s, kind.circuit, None),
        "natron, same guess": lambda s, g: natron(s, kind.circuit, dict(zip(names, g, strict=True))),
    }
    for name, peer in peers.items():
        fitters[f"{name} {peer.version}"] = lambda s, g, peer=peer: peer(s, kind.circuit, g)
    records = {name: Record([], []) for name in fitters}
    for turn in range(count + 1):
        spectrum, truth = make(kind, rng)
        exponent = np.array([name.endswith("_n") for name in names])
        good = truth * np.exp(0.15 * rng.normal(size=len(truth)))
        guess = np.where(exponent, np.clip(truth + 0.02 * rng.normal(size=len(truth)), 0.3, 0.99), good).tolist()
        for name, fitter in fitters.items():
            seconds, found = fitter(spectrum, guess)
            # the first fit compiles, fills caches and loads what is loaded late
            if turn:
                records[name].seconds.append(seconds)
                records[name].chi2.append(chi2_of(spectrum, kind.circuit, found))
    return records


def show(kind: Kind, records: dict[str, Record]) -> None:
    best = np.min([record.chi2 for record in records.values()], axis=0)
    print(f"{kind.name}: {len(best)} spectra")
    for name, record in records.items():
        share = float(np.mean(np.array(record.chi2) <= 1.02 * best))
        worst = 1e3 * max(record.seconds)
        print(f"  {name:22s} median {record.milliseconds:9.3f} ms   worst {worst:9.2f} ms   at optimum {share:6.1%}")
    for name, record in records.items():
        for own in ("natron, no guess", "natron, same guess"):
            if not name.startswith("natron"):
                print(f"  {name:22s} / {own:18s} {record.milliseconds / records[own].milliseconds:7.0f} times")


def found_peers(paths: dict[str, tuple[str | None, str, str, str]]) -> dict[str, Peer]:
    """The peers that answer; says what is missing."""
    peers = {}
    for name, (python, code, package, variable) in paths.items():
        try:
            if not python:
                raise OSError("no Python is named")
            peers[name] = Peer(python, code)
        except OSError as error:
            print(MISSING.format(name=name, why=error, package=package, variable=variable))
    return peers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=60)
    parser.add_argument("--impedance", default=os.environ.get("NATRON_PEER_IMPEDANCE"))
    parser.add_argument("--pyimpspec", default=os.environ.get("NATRON_PEER_PYIMPSPEC"))
    parser.add_argument("--seed", type=int, default=20)
    arguments = parser.parse_args()
    peers = found_peers(
        {
            "impedance.py": (arguments.impedance, IMPEDANCE, "impedance==1.7.1 pandas altair", "NATRON_PEER_IMPEDANCE"),
            "pyimpspec": (arguments.pyimpspec, PYIMPSPEC, "pyimpspec==5.1.3", "NATRON_PEER_PYIMPSPEC"),
        }
    )
    print("one fit each, in turn; importing, compiling and the first fit are not counted")
    two, _, three = KINDS
    for kind, count in ((two, arguments.count), (three, max(10, arguments.count // 4))):
        show(kind, compare(kind, count, peers, arguments.seed))
    for peer in peers.values():
        peer.close()


if __name__ == "__main__":
    main()

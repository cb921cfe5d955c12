"""What it costs to keep a result, to know it again, and to open it; and how little is lost when writers are killed.

python benchmarks/store.py
"""

import os
import random
import signal
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from natron.data import Spectrum
from natron.eis import Geometry, fit, parse_circuit
from natron.report import impedance
from natron.report.told import fit_report
from natron.store import code_version, init_project, open_project

RESULTS, KILLS = 200, 100


def a_fit(points=70):
    """A fitted spectrum, as ``natron eis fit`` keeps it."""
    rng = np.random.default_rng(1)
    circuit = parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)")
    f = np.geomspace(1e6, 0.1, points)
    z = circuit.impedance([10, 100, 1e-7, 0.9, 200, 1e-5, 0.9], f)
    spectrum = Spectrum(f, z * (1 + 0.002 * (rng.normal(size=points) + 1j * rng.normal(size=points))), area_m2=5e-5)
    report = fit_report(fit(spectrum, circuit), "a.csv", 0, Geometry.of_spectrum(spectrum))
    return report, impedance.envelope("fits", [impedance.fit(report)])


def keep(project, i, value, content):
    return project.keep("eis fit", title=f"spectrum {i}", inputs=i, settings={"i": i}, value=value, content=content)


def timed(work, count):
    """Median and 95 % quantile, ms."""
    times = []
    for i in range(count):
        begun = time.perf_counter()
        work(i)
        times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def costs(folder):
    value, content = a_fit()
    begun = time.perf_counter()
    code_version()
    print(f"digest of the code, once a process: {(time.perf_counter() - begun) * 1e3:.0f} ms")
    with init_project(folder) as project:
        rows = {
            "keep a fit": timed(lambda i: keep(project, i, value, content), RESULTS),
            "know it again": timed(lambda i: keep(project, i, value, content), RESULTS),
        }
        entries = project.entries()
        rows["open it as what it was"] = timed(lambda i: project.open(entries[i]).value, RESULTS)
        rows[f"list {RESULTS}"] = timed(lambda i: project.entries(), 20)
        rows["find by a number"] = timed(lambda i: project.with_number("R1", ">", 1.0, "ohm"), 20)
    bytes_each = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / RESULTS
    print(f"{'':24}{'median ms':>10}{'95 % ms':>9}")
    for name, (middle, high) in rows.items():
        print(f"{name:24}{middle:10.2f}{high:9.2f}")
    print(f"{bytes_each / 1e3:.0f} kB on the disk for each")


def kills(folder):
    """Writers killed at random moments; what they had acknowledged must be there, whole."""
    init_project(folder).close()
    generator = random.Random(2)
    acknowledged = []
    for kill in range(KILLS):
        ours, theirs = os.pipe()
        writer = os.fork()
        if writer == 0:
            with open_project(folder) as project:
                for i in range(1000):
                    keep(project, (kill, i), {"x": (kill, i)}, {})
                    os.write(theirs, i.to_bytes(4, "little"))
            os._exit(0)
        os.close(theirs)
        time.sleep(0.05 + 0.1 * generator.random())
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        with os.fdopen(ours, "rb") as pipe:
            said = pipe.read()
        acknowledged += [(kill, int.from_bytes(said[k : k + 4], "little")) for k in range(0, len(said), 4)]
    with open_project(folder) as project:
        there = {project.open(entry).value["x"] for entry in project.entries()}
        whole = project.index.rows("PRAGMA integrity_check") == [("ok",)]
    lost = len(set(acknowledged) - there)
    print(
        f"{KILLS} kills: {len(acknowledged)} writes acknowledged, {lost} lost, index {'whole' if whole else 'DAMAGED'}"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        costs(Path(folder) / "costs")
        if hasattr(os, "fork"):
            kills(Path(folder) / "kills")


if __name__ == "__main__":
    main()

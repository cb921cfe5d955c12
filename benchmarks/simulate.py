"""Simulation beside its peer and its targets: medians of interleaved runs in one process.

    python benchmarks/simulate.py [--repeats 5] [--draws 1000]

1. a C/10 discharge of a cell with a liquid-filled separator, beside PyBaMM's own half-cell DFN on as many volumes
   and at the same tolerance (target: at most 1.5 times its time)
2. 70 cycles with 8 spectra (target: < 12 s)
3. discharges with drawn parameters on two threads (target: ≥ 50 per second)
4. start-up: import, and building a structure's equations
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "simulate"))
warnings.simplefilter("ignore")

CELLS, SHELLS, TOLERANCE = 20, 18, 1e-5


def timed(work):
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def against_dfn(repeats):
    import stock

    from natron.cell import built_in
    from natron.simulate import model_parameters
    from natron.simulate.engine import engine
    from natron.simulate.impedance import resting

    start = 0.97
    of = model_parameters(
        built_in("nvp-coin"), changes={"start_charged_share": start}, cells=CELLS, shells=SHELLS,
        off=("voids", "electrolyte_loss", "contact_settling", "first_cycle_loss"),
    )  # fmt: skip
    n = of.numbers()
    current = n["capacity"] / 36000
    ours = engine(of.structure, tolerance=TOLERANCE)
    state = of.start(ours.equations.places)
    inputs = resting(n) | {"current": -current, "lower_voltage": 2.6, "stripping_negative": 1.0}
    theirs = stock.simulation(n, start, -current, CELLS, SHELLS, TOLERANCE)
    theirs.solve([0, 40 * 3600])
    ours.solve(state, inputs, 40 * 3600.0)
    pairs = []
    for _ in range(repeats):
        b, _ = timed(lambda: theirs.solve([0, 40 * 3600]))
        a, _ = timed(lambda: ours.solve(state, inputs, 40 * 3600.0))
        pairs.append((a, b))
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(x / y for x, y in pairs)
    print(f"C/10 discharge, {CELLS} + {CELLS} cells, {SHELLS} shells: natron {1e3 * a:.1f} ms, PyBaMM half-cell DFN "
          f"{1e3 * b:.1f} ms, ratio {ratio:.2f} (target 1.5)")  # fmt: skip


def seventy_cycles(repeats):
    from natron.cell import built_in
    from natron.simulate import built_in_protocol, model_parameters, run

    of = model_parameters(built_in("lowack2025-cell2"), changes={"replenishing_current": "2 mA/cm²"})
    run(of, built_in_protocol("lowack2025-formation"))
    found = []
    for _ in range(repeats):
        busy = time.process_time()
        wall, result = timed(lambda: run(of, built_in_protocol("lowack2025-cycling")))
        found.append((wall, time.process_time() - busy))
        assert result.completed
        assert len(result.record.spectra) == 8
    wall, busy = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"70 cycles with 8 spectra: {wall:.1f} s, of which {busy:.1f} s of processor time (target 12 s)")


def drawn(count):
    from natron.cell import built_in
    from natron.simulate import draws, model_parameters

    of = model_parameters(built_in("lowack2025-cell2"))
    current = of.capacity_C_m2 / 36000
    draws(of, current_A_m2=current, count=50)
    busy = time.process_time()
    wall, found = timed(lambda: draws(of, current_A_m2=current, count=count))
    busy = time.process_time() - busy
    failed = sum(ending == "failed" for ending in found.endings)
    print(f"{count} C/10 discharges on 2 threads, {len(found.names)} parameters drawn: {count / wall:.0f} per second "
          f"({2 * count / busy:.0f} per second of two free processors; target 50), {failed} failed")  # fmt: skip


def start_up():
    for what, code in (
        ("import natron", "import natron"),
        ("import natron.simulate", "import natron.simulate"),
        (
            "first discharge from nothing",
            "from natron.cell import built_in; from natron.simulate import *; from natron.simulate import run;"
            "run(model_parameters(built_in('lowack2025-cell2')), built_in_protocol('discharge'))",
        ),
    ):
        walls = [
            timed(lambda code=code: subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True))[0]
            for _ in range(3)
        ]
        print(f"{what}: {statistics.median(walls):.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--draws", type=int, default=1000)
    asked = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    against_dfn(max(asked.repeats, 3))
    seventy_cycles(max(asked.repeats // 2, 1))
    drawn(asked.draws)
    start_up()
    print(f"load after: {os.getloadavg()[0]:.1f}")

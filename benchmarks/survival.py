"""How fast virtual cells go through a protocol: a million cells, a hundred cycles, both engines.

    python benchmarks/survival.py [cells] [cycles]

Every cell has parameters of its own. ``voids``: the metal electrode of a full cell strips above its critical current
in half of the cells; ``flaws``: in none. Compilation is timed apart.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from natron.interface.shorts.virtual_cells import NEVER, Population, run

CHARGE_C_M2 = 36e3


def population(cells: int, replenishing_A_m2: float, seed: int = 1) -> Population:
    """Cells that differ in everything."""
    rng = np.random.default_rng(seed)

    def around(value: float, spread: float) -> np.ndarray:
        return value * rng.uniform(1 - spread, 1 + spread, cells)

    return Population(
        rng.uniform(0.9, 1.0, cells),
        around(4.9e-5, 0.4),
        around(replenishing_A_m2, 0.3),
        rng.uniform(0.65, 0.95, cells),
        np.zeros(cells),
        10 * rng.weibull(2.5, (cells, 2)),
        rng.uniform(2, 6, cells),
        around(2.6, 0.5),
        voids=(True, False),
        plates=(True, False),
    )


def main() -> None:
    """Print one line a case."""
    cells, cycles = (int(a) for a in (*sys.argv[1:3], *("1000000", "100")[len(sys.argv) - 1 :]))
    current = np.tile([5.0, -5.0], cycles)
    duration = np.full(2 * cycles, CHARGE_C_M2 / 5.0)
    begun = time.perf_counter()
    run(current[:2], duration[:2], population(2, 5.0), engine="numba")
    print(
        f"{os.cpu_count()} cores; numba loaded and compiled (or read from disk) in {time.perf_counter() - begun:.1f} s"
    )
    for name, replenishing in (("voids", 5.0), ("flaws", 10.0)):
        batch = population(cells, replenishing)
        begun, worked = time.perf_counter(), time.process_time()
        fates = run(current, duration, batch, engine="numba")
        took, work = time.perf_counter() - begun, time.process_time() - worked
        shorted, lost = (np.mean(at != NEVER) for at in (fates.shorted_at, fates.contact_lost_at))
        print(
            f"{name}: {cells} cells x {cycles} cycles in {took:.2f} s with numba ({work:.1f} s of all "
            f"cores together); {100 * shorted:.0f} % shorted, {100 * lost:.0f} % lost contact"
        )
        few = population(max(cells // 20, 1), replenishing)
        begun = time.perf_counter()
        run(current, duration, few, engine="numpy")
        print(f"{name}: numpy takes {(time.perf_counter() - begun) * cells / len(few) / took:.0f} times as long")


if __name__ == "__main__":
    main()

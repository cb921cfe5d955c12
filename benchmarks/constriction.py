"""natron's voxel solver beside TauFactor and pyamg, on the same bodies.

    python benchmarks/constriction.py [--taufactor PY] [--pyamg PY] [--voxels 64] [--sweep]

PY is the Python of an environment that can import the peer. Each runs once in turn, set-up included, natron's
compilation excluded (a small body is solved first) and the peers' imports too. Processor seconds of the whole
process stand beside wall seconds: on a machine that others use, the former say more.

pyamg solves the very matrix of natron's problem, assembled here, to the same residual with conjugate gradients, and
its resistance must agree. TauFactor has other boundaries (full electrodes) and stops by its own criterion: it takes a
contact as a layer of voxels that insulate but for the contact, which natron then solves as well, and both are held
against natron's answer at a residual of 1e-10. TauFactor's criterion is tightened until it errs no more than asked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from natron.constriction import pattern, solve, sweep

PYAMG = """
import json, sys, time
import numpy as np, pyamg
from scipy.sparse import csr_matrix
d = np.load(sys.argv[1])
A = csr_matrix((d["data"], d["indices"], d["indptr"]))
b, top = d["b"], d["top"]
makers = {"smoothed aggregation": pyamg.smoothed_aggregation_solver, "Ruge-Stuben": pyamg.ruge_stuben_solver}
for name, make in makers.items():
    make(A[:500, :500].tocsr()).solve(b[:500])
    wall, cpu = time.perf_counter(), time.process_time()
    found, history = make(A), []
    x = found.solve(b, tol=1e-8, accel="cg", residuals=history)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rss = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
    print(json.dumps([name, wall, cpu, 1 / float(top @ (1 - x[: len(top)])), len(history) - 1, rss / 1024]), flush=True)
"""

TAUFACTOR = """
import contextlib, io, json, sys, time
import numpy as np, torch, taufactor as tau
image, values, truth, wanted = np.load(sys.argv[1]), json.loads(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
conductivities = {i + 1: v for i, v in enumerate(values)}
def run(criterion):
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        s = tau.MultiPhaseSolver(image, conductivities, device="cpu")
        s.solve(iter_limit=100000, verbose=False, conv_crit=criterion)
    d = s.D_eff
    return time.perf_counter() - wall, time.process_time() - cpu, float(d.item() if hasattr(d, "item") else d)
for criterion in (2e-2, 1e-2, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5):
    wall, cpu, found = run(criterion)
    if abs(found / truth - 1) <= wanted:
        break
print(json.dumps([wall, cpu, found, criterion]))
"""


def bodies(n: int) -> dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]]:
    noise = np.random.default_rng(3).random((n, n, n))
    return {
        "contact of 10 %": (np.ones((n, n, n)), (pattern("square", n, 0.1) > 0.5).astype(float)),
        "random, contrast 10": (np.where(noise < 0.5, 0.1, 1.0), None),
        "random, contrast 100": (np.where(noise < 0.5, 0.01, 1.0), None),
    }


def peak_MiB() -> float:
    """Of this process so far; rusage would tell what its parent took."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def timed(*arguments: Any, **options: Any) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = solve(*arguments, **options)
    return time.perf_counter() - wall, time.process_time() - cpu, found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--taufactor", type=Path)
    given.add_argument("--pyamg", type=Path)
    given.add_argument("--voxels", type=int, default=64)
    given.add_argument("--error", type=float, default=1e-3, help="that TauFactor must reach")
    given.add_argument("--sweep", action="store_true", help="30 complex frequencies too")
    asked = given.parse_args()
    n = asked.voxels
    solve(np.ones((8, 8, 8)))
    solve(np.ones((8, 8, 8), dtype=complex))
    print(f"{n}³ voxels; wall s / processor s; set-up included, compilation and imports excluded")
    for name, (kappa, contact) in bodies(n).items():
        wall, cpu, found = timed(kappa, 1.0, contact)
        print(f"\n{name}\n  natron                 {wall:8.2f} /{cpu:8.2f}  {found.iterations:4d} iterations", end="")
        print(f"  peak {peak_MiB():.0f} MiB with Python")
        if asked.pyamg:
            beside_pyamg(asked.pyamg, kappa, contact, found, cpu)
        if asked.taufactor:
            beside_taufactor(asked.taufactor, kappa, contact, asked.error)
    if asked.sweep:
        sigma = np.where(np.random.default_rng(3).random((n, n, n)) < 0.2, 0.0, 0.16)
        begin, cpu = time.perf_counter(), time.process_time()
        done = sweep(lambda w: sigma + 1j * w * 3.5e-10, np.geomspace(1e9, 1e3, 30), 1e-6)
        print(
            f"\n30 frequencies, 20 % pores: {time.perf_counter() - begin:.1f} / {time.process_time() - cpu:.1f}", end=""
        )
        print(f"  {sum(done.iterations)} iterations, {done.status}")


def beside_pyamg(python: Path, kappa: Any, contact: Any, found: Any, cpu: float) -> None:
    matrix, b, top = assembled(kappa, contact)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matrix.npz"
        np.savez(file, data=matrix.data, indices=matrix.indices, indptr=matrix.indptr, b=b, top=top)
        run = subprocess.run([str(python), "-c", PYAMG, str(file)], capture_output=True, text=True, check=False)
    if run.returncode:
        print(f"  pyamg failed: {run.stderr[-300:]}")
        return
    for line in run.stdout.splitlines():
        name, wall, used, resistance, iterations, rss = json.loads(line)
        off = abs(resistance / found.resistance_ohm - 1)
        print(
            f"  pyamg {name:21s}{wall:5.2f} /{used:8.2f}  {iterations:4d} iterations  peak {rss:.0f} MiB with Python",
            end="",
        )
        print(f"  {used / cpu:.1f} times the processor time; resistances differ by {off:.1e}")


def assembled(kappa: Any, contact: Any) -> tuple[Any, Any, Any]:
    """The same discrete problem as a sparse matrix, its right side, and the conductances of the top."""
    from scipy.sparse import coo_matrix

    number = np.arange(kappa.size).reshape(kappa.shape)
    rows, columns, values = [], [], []
    diagonal = np.zeros(kappa.size)
    for axis in range(3):
        low: list[Any] = [slice(None)] * 3
        high: list[Any] = [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        a, b = kappa[tuple(low)], kappa[tuple(high)]
        i, j, g = number[tuple(low)].ravel(), number[tuple(high)].ravel(), (2 * a * b / (a + b)).ravel()
        rows += [i, j]
        columns += [j, i]
        values += [-g, -g]
        diagonal += np.bincount(i, g, kappa.size) + np.bincount(j, g, kappa.size)
    top = (2 * kappa[0] * (1 if contact is None else contact)).ravel()
    diagonal[: top.size] += top
    diagonal[-top.size :] += (2 * kappa[-1]).ravel()
    right = np.zeros(kappa.size)
    right[: top.size] = top
    rows.append(number.ravel())
    columns.append(number.ravel())
    values.append(diagonal)
    joined = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))))
    return joined.tocsr(), right, top


def beside_taufactor(python: Path, kappa: Any, contact: Any, wanted: float) -> None:
    if contact is not None:
        # a layer that insulates but for the contact
        layer = np.where(contact > 0.5, 1.0, 0.0)[None]
        kappa = np.concatenate([layer, kappa])
    truth = solve(kappa, 1.0, tolerance=1e-10)
    # natron at a tolerance that errs no more than asked
    wall, cpu, found = timed(kappa, 1.0, tolerance=1e-4)
    off = abs(found.resistance_ohm / truth.resistance_ohm - 1)
    print(f"  natron at {off:.0e} error {wall:9.2f} /{cpu:8.2f}")
    # TauFactor keeps the label 0 for what insulates
    values = sorted(set(np.unique(kappa[kappa > 0]).tolist()))
    image = np.where(kappa > 0, 1 + np.searchsorted(values, kappa), 0).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.npy"
        np.save(file, image)
        command = [
            str(python),
            "-c",
            TAUFACTOR,
            str(file),
            json.dumps(values),
            str(truth.conductivity_S_per_m),
            str(wanted),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        print(f"  TauFactor failed: {run.stderr[-300:]}")
        return
    wall_peer, used, conductivity, criterion = json.loads(run.stdout.splitlines()[-1])
    error = abs(conductivity / truth.conductivity_S_per_m - 1)
    print(f"  TauFactor              {wall_peer:8.2f} /{used:8.2f}  criterion {criterion:g}, error {error:.1e}", end="")
    print(f"  {used / cpu:.1f} times the processor time")


if __name__ == "__main__":
    sys.exit(main())

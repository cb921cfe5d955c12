"""natron's voxel solver beside TauFactor and pyamg, on the same bodies.

    python benchmarks/constriction.py [--taufactor PY] [--pyamg PY] [--voxels 64] [--threads 1] [--growth] [--sweep]

PY is the Python of an environment that can import the peer. Set-up is included; natron's compilation is excluded (a
small body is solved first), and so are imports, the peers' too. natron solves each body three times and the median
counts, each peer once. All get the same number of threads. Processor seconds of the whole process stand beside wall
seconds: on a machine that others use, the former say more, and ratios are taken of them. Memory is the peak of a
process of its own for each solver, with Python, its imports and the problem as given.

pyamg solves the very matrix of natron's problem, assembled here, to the same residual with conjugate gradients, and
its resistance must agree. TauFactor has full electrodes, half a voxel further off, and stops by its own criterion: it
takes a contact as a layer of voxels that insulate but for the contact. natron solves that very problem as well, and
both are held against natron's answer at a residual of 1e-10. TauFactor's criterion is tightened until it errs no
more than asked; natron, at its loosest tolerance, errs less, for it goes on until top and bottom carry the same
current.

The floor is the time in which the memory could hand over what the iterations read and write, at the bandwidth that
the same threads reach in a copy of 256 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

BYTES_PER_VOXEL_AND_ITERATION = 248
"""Finest level, real: a blank sweep 24 and three more of 28, restriction 20, prolongation 8, r·z 12, the direction
12, its curvature 16, the step 52; coarser levels a seventh of the cycle's part."""

CONTACT = "contact of 10 %"
BODIES = (CONTACT, "random, contrast 10", "random, contrast 100")

PYAMG = """
import json, sys, time
import numpy as np, pyamg
from scipy.sparse import csr_matrix
d = np.load(sys.argv[1])
A = csr_matrix((d["data"], d["indices"], d["indptr"]))
b, top = d["b"], d["top"]
makers = {"smoothed aggregation": pyamg.smoothed_aggregation_solver, "Ruge-Stuben": pyamg.ruge_stuben_solver}
for name, make in [(sys.argv[2], makers[sys.argv[2]])]:
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


def body(name: str, n: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    from natron.constriction import pattern

    if name == CONTACT:
        return np.ones((n, n, n)), (pattern("square", n, 0.1) > 0.5).astype(float)
    low = {"random, contrast 10": 0.1, "random, contrast 100": 0.01}[name]
    return np.where(np.random.default_rng(3).random((n, n, n)) < 0.5, low, 1.0), None


def peak_MiB() -> float:
    """Of this process so far; rusage would tell what its parent took."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def timed(*arguments: Any, **options: Any) -> tuple[float, float, Any]:
    from natron.constriction import solve

    wall, cpu = time.perf_counter(), time.process_time()
    found = solve(*arguments, **options)
    return time.perf_counter() - wall, time.process_time() - cpu, found


def median_of_three(*arguments: Any, **options: Any) -> tuple[float, float, Any]:
    runs = sorted((timed(*arguments, **options) for _ in range(3)), key=lambda run: run[1])
    return statistics.median(run[0] for run in runs), runs[1][1], runs[1][2]


def alone(name: str, n: int, threads: int) -> list[Any]:
    """natron on one body in a process of its own."""
    command = [sys.executable, __file__, "--voxels", str(n), "--threads", str(threads), "--alone", name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr[-2000:])
    told: list[Any] = json.loads(run.stdout)
    return told


def warmed() -> None:
    from natron.constriction import solve

    solve(np.ones((8, 8, 8)))
    solve(np.ones((8, 8, 8), dtype=complex))


def bandwidth_B_per_s() -> float:
    from numba import njit, prange

    @njit(parallel=True)
    def copy(a: Any, b: Any) -> None:
        for part in prange(64):
            for k in range(part * a.size // 64, (part + 1) * a.size // 64):
                a[k] = b[k]

    a, b = np.zeros(2**25), np.ones(2**25)
    copy(a, b)
    best = np.inf
    for _ in range(7):
        begin = time.perf_counter()
        copy(a, b)
        best = min(best, time.perf_counter() - begin)
    return 2 * 8 * a.size / best


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--taufactor", type=Path)
    given.add_argument("--pyamg", type=Path)
    given.add_argument("--voxels", type=int, default=64)
    given.add_argument("--threads", type=int, default=1)
    given.add_argument("--error", type=float, default=1e-3, help="that TauFactor must reach")
    given.add_argument("--sweep", action="store_true", help="30 complex frequencies too")
    given.add_argument("--growth", type=int, nargs="*", help="other sizes of the medium of contrast 10")
    given.add_argument("--alone", help=argparse.SUPPRESS)
    asked = given.parse_args()
    n = asked.voxels
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(asked.threads)
    if asked.alone:
        warmed()
        kappa, contact = body(asked.alone, n)
        told = []
        for _ in range(1 if n > 200 else 3):
            wall, cpu, found = timed(kappa, 1.0, contact)
            told.append((wall, cpu, found.iterations, found.status))
            # one answer at a time, or the peak would be that of three
            del found
        wall, cpu = (statistics.median(run[at] for run in told) for at in (0, 1))
        print(json.dumps([wall, cpu, told[0][2], peak_MiB(), told[0][3]]))
        return
    warmed()
    bandwidth = bandwidth_B_per_s()
    print(f"{n}³ voxels, {asked.threads} threads, copying at {bandwidth / 1e9:.1f} GB/s; wall s / processor s")
    for name in BODIES:
        wall, cpu, iterations, peak, _ = alone(name, n, asked.threads)
        floor = BYTES_PER_VOXEL_AND_ITERATION * n**3 * iterations / bandwidth
        print(f"\n{name}\n  natron                 {wall:8.2f} /{cpu:8.2f}  {iterations:4d} iterations", end="")
        print(f"  peak {peak:.0f} MiB; {floor / (cpu / asked.threads):.0%} of the bandwidth's floor, with set-up")
        kappa, contact = body(name, n)
        if asked.pyamg:
            beside_pyamg(asked.pyamg, kappa, contact, timed(kappa, 1.0, contact)[2], cpu, peak)
        if asked.taufactor:
            beside_taufactor(asked.taufactor, kappa, contact, asked.error)
        sys.stdout.flush()
    for m in asked.growth or []:
        wall, cpu, iterations, peak, status = alone(BODIES[1], m, asked.threads)
        print(
            f"\n{BODIES[1]}, {m}³: {wall:.2f} / {cpu:.2f}, {iterations} iterations, {status}, peak {peak:.0f} MiB;",
            end="",
        )
        print(
            f" {cpu / m**3 * 1e6:.3f} µs a voxel, {cpu / m**3 / iterations * 1e9:.1f} ns a voxel and iteration",
            flush=True,
        )
    if asked.sweep:
        from natron.constriction import sweep

        sigma = np.where(np.random.default_rng(3).random((n, n, n)) < 0.2, 0.0, 0.16)
        begin, cpu = time.perf_counter(), time.process_time()
        done = sweep(lambda w: sigma + 1j * w * 3.5e-10, np.geomspace(1e9, 1e3, 30), 1e-6)
        print(
            f"\n30 frequencies, 20 % pores: {time.perf_counter() - begin:.1f} / {time.process_time() - cpu:.1f}", end=""
        )
        print(f"  {sum(done.iterations)} iterations, {done.status}")


def beside_pyamg(python: Path, kappa: Any, contact: Any, found: Any, cpu: float, peak: float) -> None:
    matrix, b, top = assembled(kappa, contact)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matrix.npz"
        np.savez(file, data=matrix.data, indices=matrix.indices, indptr=matrix.indptr, b=b, top=top)
        runs = [
            subprocess.run([str(python), "-c", PYAMG, str(file), kind], capture_output=True, text=True, check=False)
            for kind in ("smoothed aggregation", "Ruge-Stuben")
        ]
    for run in runs:
        if run.returncode:
            print(f"  pyamg failed: {run.stderr[-300:]}")
            return
    for line in (run.stdout for run in runs):
        name, wall, used, resistance, iterations, rss = json.loads(line)
        off = abs(resistance / found.resistance_ohm - 1)
        print(f"  pyamg {name:21s}{wall:5.2f} /{used:8.2f}  {iterations:4d} iterations  peak {rss:.0f} MiB", end="")
        print(f", natron {peak / rss:.2f} of it;  {used / cpu:.1f} times the processor time; they differ by {off:.0e}")


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
    # TauFactor's electrodes lie a whole voxel off the outermost centres, half a voxel more than natron's
    half = [np.where(face > 0, 0.5 / np.where(face > 0, face, 1), 0) for face in (kappa[0], kappa[-1])]
    beyond = {"interface_top_ohm_m2": half[0], "interface_bottom_ohm_m2": half[1]}
    truth = timed(kappa, 1.0, **beyond, tolerance=1e-10)[2]
    wall, cpu, found = median_of_three(kappa, 1.0, **beyond, tolerance=1e-2)
    expected = (kappa.shape[0] + 1) / truth.area_specific_resistance_ohm_m2
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
            str(expected),
            str(wanted),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        print(f"  TauFactor failed: {run.stderr[-300:]}")
        return
    wall_peer, used, conductivity, criterion = json.loads(run.stdout.splitlines()[-1])
    error = abs(conductivity / expected - 1)
    print(f"  TauFactor              {wall_peer:8.2f} /{used:8.2f}  criterion {criterion:g}, error {error:.1e}", end="")
    print(f"  {used / cpu:.1f} times the processor time")


if __name__ == "__main__":
    sys.exit(main())

"""What a sweep costs beyond its tasks: efficiency on two local workers, kills, and ten thousand designs.

    python benchmarks/sweep.py            # local workers
    python benchmarks/sweep.py --cluster  # the same on a Dask cluster of two processes (needs natron[cluster])

Tasks sleep, so that the figures are those of the sweep and not of what else the machine does. Ideal is the tasks' time
over two; beside it stands the same without the workers' start, which a longer sweep does not notice.
"""

import os
import signal
import sys
import tempfile
import time

import numpy as np

# natron is imported in the functions: a worker process imports this module for `nap` alone

WORKERS, MEMORY = 2, 2 * 2**30
TASKS = {0.010: 6000, 0.100: 600}

DESIGN = """
command = "design"
cell = "lowack2025-cell1"
[sample]
method = "monte-carlo"
points = 10000
"""


def nap(payload, names, values):
    """A task: sleeps for each point."""
    for _ in values:
        time.sleep(float(payload))
    return values.copy(), {}


def timed(workers_of, seconds, tasks, kills=0):
    """Wall time with and without the start of the workers; and whether every result is there."""
    from natron.store import init_project
    from natron.sweep import Plan, run_plan

    with tempfile.TemporaryDirectory() as folder, init_project(folder) as project:
        begun = time.monotonic()
        plan = Plan("sweep:nap", repr(seconds), ("x",), np.arange(float(tasks))[:, None], 1)
        plan.resume(project)
        workers = workers_of()
        warm = Plan("sweep:nap", "0.0", ("x",), np.arange(2.0 * WORKERS)[:, None], 1)
        warm.resume(None)
        run_plan(warm, workers, None)
        started = time.monotonic()
        killed = []

        def step(done, total, left_s):
            if len(killed) < kills and done > total * (len(killed) + 1) / (kills + 1):
                killed.append(workers.process_ids[len(killed) % WORKERS])
                os.kill(killed[-1], signal.SIGKILL)

        run_plan(plan, workers, project, progress=step)
        ended = time.monotonic()
        workers.close()
        batches = project.index.rows("SELECT count(*) FROM batch")[0][0]
    assert plan.found[:, 0].tolist() == list(range(tasks))
    return ended - begun, ended - started, batches, len(killed)


def plain(seconds):
    """What such a task takes here in a plain loop."""
    count = max(10, round(2 / seconds))
    begun = time.monotonic()
    nap(repr(seconds), ("x",), np.zeros((count, 1)))
    return (time.monotonic() - begun) / count


def efficiency(workers_of, name):
    print(f"{name}: {WORKERS} workers; efficiency is the ideal, tasks times length over {WORKERS}, over wall time")
    heads = (("task", 8), ("in a loop", 11), ("tasks", 7), ("ideal s", 9), ("wall s", 8), ("eff.", 7))
    print("".join(f"{name:>{width}}" for name, width in (*heads, ("without start", 15), ("batches", 9))))
    for seconds, tasks in TASKS.items():
        wall, running, batches, _ = timed(workers_of, seconds, tasks)
        ideal = seconds * tasks / WORKERS
        shown = (f"{seconds * 1e3:5.0f} ms", f"{plain(seconds) * 1e3:8.2f} ms", f"{tasks:7}", f"{ideal:9.1f}")
        print("".join(shown), f"{wall:7.2f}{ideal / wall:7.1%}{ideal / running:15.1%}{batches:9}")


def main() -> None:
    from natron.store import init_project
    from natron.sweep import ClusterWorkers, Here, LocalWorkers, parse_spec, run_sweep

    if "--cluster" in sys.argv:
        from distributed import LocalCluster

        with LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster:
            efficiency(lambda: ClusterWorkers(cluster.scheduler_address), "Dask")
        return
    efficiency(lambda: LocalWorkers(WORKERS, MEMORY), "local processes")
    wall, _, _, killed = timed(lambda: LocalWorkers(WORKERS, MEMORY), 0.01, 1000, kills=5)
    print(f"1000 tasks of 10 ms with {killed} workers killed: 1000 right results in {wall:.1f} s (ideal 5.0 s)")
    with tempfile.TemporaryDirectory() as folder, init_project(folder) as project:
        begun = time.perf_counter()
        spec = parse_spec(DESIGN)
        found, _ = run_sweep(spec, Here, project)
        middle = time.perf_counter()
        run_sweep(spec, Here, project)
        ended = time.perf_counter()
    count = len(found.values)
    print(f"{count} designs from one cell's uncertainties: {middle - begun:.2f} s, again {ended - middle:.2f} s")


if __name__ == "__main__":
    main()

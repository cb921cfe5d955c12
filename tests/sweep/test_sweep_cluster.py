"""A sweep on a real Dask cluster of two workers, some of which are killed, as is the scheduler."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from natron.core import InputError
from natron.store import init_project, open_project
from natron.sweep import ClusterWorkers, Plan, SchedulerLostError, run_plan

pytest.importorskip("distributed", reason="needs natron[cluster]")
sys.path.insert(0, str(Path(__file__).parent))

pytestmark = [
    pytest.mark.long,
    # what Dask's own threads leave behind when a scheduler dies under them
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Cluster:
    """A scheduler and two workers, each a process of its own; workers come back when they are killed."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self.file.unlink(missing_ok=True)
        here = str(Path(__file__).parent)
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)])}
        self.scheduler = self._start("scheduler", "--port", "0")
        self.workers = [
            self._start("worker", "--nthreads", "1", "--local-directory", str(folder / f"w{i}")) for i in range(2)
        ]
        until = time.monotonic() + 120
        while not self.file.exists() and time.monotonic() < until:
            time.sleep(0.2)

    def _start(self, what, *more):
        command = [sys.executable, "-m", "dask", what, "--scheduler-file", str(self.file), "--no-dashboard", *more]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    @property
    def address(self):
        return json.loads(self.file.read_text())["address"]

    def close(self):
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    started = []

    def start():
        started.append(Cluster(tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.close()


def connect(where, patience_s=120.0):
    until = time.monotonic() + patience_s
    while True:
        try:
            return ClusterWorkers(where)
        except SchedulerLostError:
            if time.monotonic() > until:
                raise


def plan(count, payload):
    return Plan("slow_tasks:squares", payload, ("x",), np.arange(float(count))[:, None], 1)


def test_a_thousand_tasks_with_five_workers_killed(cluster, tmp_path):
    workers = connect(str(cluster().file))
    todo = plan(1000, "0.01||")
    generator, killed = random.Random(2), []

    def step(done, total, left_s):
        if len(killed) < 5 and done > total * (len(killed) + 1) / 8:
            pids = sorted(workers._client.run(os.getpid).values())
            if pids:  # else both are just being replaced
                killed.append(generator.choice(pids))
                os.kill(killed[-1], signal.SIGKILL)

    with init_project(tmp_path / "lab") as project:
        todo.resume(project)
        try:
            run_plan(todo, workers, project, progress=step)
        finally:
            workers.close()
        again = plan(1000, "0.01||")
        again.resume(project)
    assert len(set(killed)) == 5
    assert todo.found[:, 0].tolist() == [i**2 for i in range(1000)]
    assert not todo.reasons
    assert again.known == 1000


def test_a_scheduler_killed_half_way(cluster, tmp_path):
    log = tmp_path / "log"
    first = cluster()
    workers = connect(first.address)
    todo = plan(600, f"0.01|{log}|")

    def step(done, total, left_s):
        if done > total / 2 and first.scheduler.poll() is None:
            first.close()

    with init_project(tmp_path / "lab") as project:
        todo.resume(project)
        with pytest.raises(SchedulerLostError, match="scheduler is gone"):
            run_plan(todo, workers, project, progress=step)
        workers.close()
        kept = {i for a, b in project.index.rows("SELECT start, stop FROM batch") for i in range(a, b)}
        assert 300 <= len(kept) < 600
        log.unlink()
        again = plan(600, f"0.01|{log}|")
        again.resume(project)
        assert again.known == len(kept)
        workers = connect(str(cluster().file))
        try:
            run_plan(again, workers, project)
        finally:
            workers.close()
    assert sorted(map(int, log.read_text().split())) == sorted(set(range(600)) - kept)
    assert again.found[:, 0].tolist() == [i**2 for i in range(600)]


def test_the_script_for_slurm_runs_as_it_stands_in_the_documentation(tmp_path):
    """With a stand-in for srun, which starts so many of a command here and waits for them."""
    text = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")
    (tmp_path / "job.sh").write_text(text.split("```sh\n")[1].split("```")[0])
    programs = tmp_path / "bin"
    programs.mkdir()
    tools = {
        "srun": 'count=${1#--ntasks=}; shift\nfor i in $(seq "$count"); do "$@" & done; wait',
        "dask": f'exec {sys.executable} -m dask "$@"',
        "natron": f'exec {sys.executable} -m natron "$@"',
    }
    for name, script in tools.items():
        (programs / name).write_text(f"#!/bin/bash\n{script}\n")
        (programs / name).chmod(0o755)
    lab = tmp_path / "lab"
    init_project(lab).close()
    (lab / "big.toml").write_text(
        'command = "design"\ncell = "lowack2025-cell1"\n[sample]\nmethod = "sobol"\npoints = 4096\n'
    )
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SLURM_JOB_ID": "7", "SLURM_NTASKS": "3", "TMPDIR": str(tmp_path),
    }  # fmt: skip

    def job():
        return subprocess.run(
            ["bash", str(tmp_path / "job.sh")], cwd=lab, env=environment, capture_output=True, text=True, timeout=400,
            check=False,
        )  # fmt: skip

    first = job()
    assert first.returncode == 0, first.stderr
    assert "4096 points" in first.stdout
    assert not (lab / "scheduler-7.json").exists()
    with open_project(lab) as project:
        ((batches, points),) = project.index.rows("SELECT count(*), sum(stop - start) FROM batch")
    assert (batches > 1, points) == (True, 4096)
    assert "known already" in job().stderr
    # what a job says of a sweep that is none is the job's exit code
    (lab / "big.toml").write_text('command = "desing"')
    assert job().returncode == 2


def test_no_scheduler_is_said(tmp_path):
    with pytest.raises(InputError, match="no scheduler"):
        ClusterWorkers(str(tmp_path / "none.json"))
    (tmp_path / "other.json").write_text("[sweep]")
    with pytest.raises(InputError, match="not a file that a Dask scheduler wrote"):
        ClusterWorkers(str(tmp_path / "other.json"))
    with pytest.raises(SchedulerLostError, match="does not answer"):
        ClusterWorkers("tcp://127.0.0.1:9")

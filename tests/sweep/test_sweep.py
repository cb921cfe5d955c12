"""Sweeps: where they look, what they find, and that nothing is lost or done twice."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from natron.core import InputError, NatronError, Quantity
from natron.store import init_project, open_project
from natron.sweep import (
    Here,
    LocalWorkers,
    Plan,
    Range,
    Values,
    pareto,
    parse_spec,
    run_plan,
    run_sweep,
    sample,
    sobol,
)

sys.path.insert(0, str(Path(__file__).parent))
from slow_tasks import FUNCTION

from natron.sweep.local import Lost

MEMORY = 2 * 2**30

DESIGN = """
command = "design"
cell = "lowack2025-cell1"
outputs = ["volumetric_energy_density", "stack_thickness"]
[sample]
method = "monte-carlo"
points = 10000
"""


# --- where it looks --------------------------------------------------------------------------------------


def test_a_grid_is_every_combination():
    points = sample({"a": Range(1.0, 100.0, 3, True), "b": Values((5.0, 7.0))}, "grid", 0, 1)
    assert points == pytest.approx(np.array([[1, 5], [1, 7], [10, 5], [10, 7], [100, 5], [100, 7]]))


@pytest.mark.parametrize("method", ["latin-hypercube", "sobol", "monte-carlo", "sobol-indices"])
def test_samples_follow_their_distributions(method):
    varied = {
        "range": Range(2.0, 4.0),
        "log": Range(1.0, 100.0, None, True),
        "normal": Quantity(10.0, 2.0, "number", uncertainty_kind="sd"),
        "uniform": Quantity(0.0, 3.0, "number", uncertainty_kind="range"),
    }
    points = sample(varied, method, 4096, 1)
    assert len(points) == 4096 * (6 if method == "sobol-indices" else 1)
    # of 4096 independent draws the mean lies within four of its standard errors
    wanted, spread = np.array([3.0, 99 / np.log(100), 10.0, 0.0]), np.array([1 / 3**0.5, 25.0, 2.0, 3**0.5])
    assert (abs(points.mean(axis=0) - wanted) < 4 * spread / 64).all()
    assert points.std(axis=0) == pytest.approx(spread, rel=0.06)
    assert points[:, 0].min() >= 2
    assert abs(points[:, 3]).max() <= 3
    assert np.array_equal(points, sample(varied, method, 4096, 1))
    assert not np.array_equal(points, sample(varied, method, 4096, 2))


def test_draws_stay_within_physical_limits():
    near = {"share": Quantity(0.95, 0.1, "share", uncertainty_kind="sd"), "x": Range(0, 1)}
    for method in ("monte-carlo", "sobol", "sobol-indices"):
        points = sample(near, method, 1024, 1)
        assert points[:, 0].min() >= 0
        assert points[:, 0].max() <= 1
        assert points[:, 0].std() > 0.03


# --- what it says ----------------------------------------------------------------------------------------


def ishigami(x, a=7.0, b=0.1):
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sobol_indices_of_the_ishigami_function():
    """Closed forms: Sobol & Levitan 1999."""
    varied = {name: Range(-np.pi, np.pi) for name in ("x1", "x2", "x3")}
    points = sample(varied, "sobol-indices", 4096, 1)
    found = sobol("y", list(varied), ishigami(points))
    a, b, pi = 7.0, 0.1, np.pi
    v1, v2, v13 = (1 + b * pi**4 / 5) ** 2 / 2, a**2 / 8, b**2 * pi**8 * (1 / 18 - 1 / 50)
    v = v1 + v2 + v13
    assert found.first == pytest.approx([v1 / v, v2 / v, 0.0], abs=0.02)
    assert found.total == pytest.approx([(v1 + v13) / v, v2 / v, v13 / v], abs=0.02)
    inside = (found.first_interval[0] <= [v1 / v, v2 / v, 0]) & (found.first_interval[1] >= [v1 / v, v2 / v, 0])
    assert inside.all()


def test_sobol_indices_are_scipys():
    from scipy.stats import sobol_indices

    points = sample({name: Range(-np.pi, np.pi) for name in "abc"}, "sobol-indices", 256, 3)
    f = ishigami(points)
    rows = f.reshape(5, -1)
    peer = sobol_indices(func={"f_A": rows[None, 0], "f_B": rows[None, 1], "f_AB": rows[2:, None]}, n=256)
    ours = sobol("y", "abc", f)
    assert ours.first == pytest.approx(np.ravel(peer.first_order), rel=1e-9, abs=1e-9)
    assert ours.total == pytest.approx(np.ravel(peer.total_order), rel=1e-9, abs=1e-9)


def test_an_output_that_never_moves_has_no_indices():
    assert sobol("y", ["a"], np.ones(3 * 64)) is None
    # nor has one that moves by rounding alone
    assert sobol("y", ["a"], 23.1 + 3e-15 * np.random.default_rng(1).normal(size=3 * 64)) is None


@given(
    hnp.arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.integers(-3, 3).map(float)),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_a_pareto_front_is_what_no_other_beats(values, larger):
    larger = larger[: values.shape[1]]
    costs = np.where(larger, -values, values)
    beaten = [any((other <= one).all() and (other < one).any() for other in costs) for one in costs]
    assert pareto(values, larger).tolist() == [not each for each in beaten]


def test_points_without_numbers_are_never_on_the_front():
    assert pareto(np.array([[np.nan, 9.0], [1.0, 1.0]]), [True, True]).tolist() == [False, True]


def test_ten_thousand_designs_agree_with_natrons_own_uncertainty():
    from natron.design import figures
    from natron.io.descriptions import load_cell

    found, known = run_sweep(parse_spec(DESIGN), Here)
    assert known == 0
    of = figures(load_cell("lowack2025-cell1"))["volumetric_energy_density"]
    column = found.column("volumetric_energy_density")
    assert column.mean() == pytest.approx(of.value, rel=0.01)
    assert column.std() == pytest.approx(of.standard_uncertainty, rel=0.05)


def test_each_point_is_what_the_command_gives():
    from natron.cell import changed
    from natron.design import figures
    from natron.io.descriptions import load_cell

    spec = parse_spec(
        DESIGN.replace('"monte-carlo"', '"grid"') + '[vary]\nseparator.thickness = { values = ["20 µm", "50 µm"] }\n'
        '"negative.reservoir" = { from = "0 µm", to = "40 µm", steps = 3 }'
    )
    found, _ = run_sweep(spec, Here)
    assert found.names == ("separator.thickness", "negative.reservoir")
    cell = load_cell("lowack2025-cell1")
    for (d, r), density in zip(found.values, found.column("volumetric_energy_density"), strict=True):
        one = changed(cell, {"separator.thickness": f"{d * 1e6} µm", "negative.reservoir": f"{r * 1e6} µm"})
        assert density == pytest.approx(figures(one)["volumetric_energy_density"].value, rel=1e-12)


def test_other_commands_one_point_each():
    """The same numbers as the rooms themselves give."""
    from natron.constriction import assess, make_body

    spec = parse_spec(
        'command = "constriction"\n[sample]\nmethod = "grid"\n[vary]\ncontact = { values = ["20 %", "100 %"] }\n'
        'kappa = { values = ["2 mS/cm"] }\n[options]\nvoxels = 8\n'
    )
    found, _ = run_sweep(spec, Here)
    body = make_body((8, 8, 8), 1e-6, 0.2, contact_share=0.2)
    assert found.column("area_specific_resistance")[0] == assess(body, refine=False).area_specific_resistance_ohm_m2
    assert found.column("conductivity")[1] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DESIGN.replace("design", "desing"), "Did you mean"),
        (DESIGN.replace('"monte-carlo"', '"montecarlo"'), "monte-carlo"),
        (DESIGN.replace("stack_thickness", "stack_thicknes"), "stack_thickness"),
        (DESIGN.replace("cell1", "cell9"), "neither a built-in cell nor a file"),
        (DESIGN + '[vary]\n"separator.thicknes" = true', "separator.thickness"),
        (DESIGN + '[vary]\n"separator.thickness" = "30 µm"', "does not vary"),
        (DESIGN + '[vary]\n"separator.thickness" = "30 ± 2 mAh"', "separator.thickness"),
        (DESIGN + '[vary]\n"separator.thickness" = { from = "3 µm", too = "4 µm" }', "separator.thickness"),
        (DESIGN + '[vary]\n"separator.thickness" = { from = "3 µm", to = "4 µm", scales = 1 }', "unknown key"),
        (DESIGN + '[vary]\n"separator.thickness" = { from = "0 µm", to = "4 µm", scale = "log" }', "no range"),
        (DESIGN.replace("10000", "1000").replace("monte-carlo", "sobol-indices"), "power of two"),
        (DESIGN.replace("10000", "0"), "needs a point"),
        (DESIGN.replace("10000", "100000000"), "too many points"),
        (DESIGN.replace("monte-carlo", "grid"), "what varies"),
        (DESIGN + "[options]\nbassis = 1", "no such option"),
        (DESIGN + '[options]\nbasis = "charged"', "known words"),
        (DESIGN + '[pareto]\nmaximise = ["stack_thickness"]', "two outputs"),
        (DESIGN + '[options]\nconsistent = "no"', "true or false"),
        (DESIGN.replace("design", "spectra") + "[options]\nfrequencies = 5", "list of frequencies"),
        (DESIGN.replace("design", "simulate") + "[options]\noff = 3", "list of mechanisms"),
        (DESIGN.replace("design", "predict ccd") + '[options]\ncells = "many"', "whole number"),
        (DESIGN.replace("design", "predict ccd") + "[options]\ncells = 3", "options.cells.*100"),
        (DESIGN.replace("10000", "100\nseed = -1"), "zero or more"),
        (
            DESIGN.replace("monte-carlo", "grid") + '[vary]\n"separator.thickness" = '
            '{ from = "3 µm", to = "4 µm", steps = 1000000000 }',
            "too many points",
        ),
        (DESIGN + '[vary]\n"separator.thickness" = { values = "3 µm" }', "values are a list"),
        (
            DESIGN + '[pareto]\nmaximise = ["stack_thickness"]\n'
            'minimise = ["stack_thickness", "volumetric_energy_density"]',
            "not both",
        ),
        (DESIGN + "[smaple]\nx = 1", "sample"),
        ("command = 3", "command"),
        ('command = "design"', "needs a cell"),
        ("command =", "TOML"),
    ],
)
def test_what_is_no_sweep_is_said(text, words):
    with pytest.raises(InputError, match=words):
        parse_spec(text, file="s.toml").sample()


def test_the_sweep_in_the_documentation_is_one():
    text = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")
    spec = parse_spec(text.split("```toml\n")[1].split("```")[0])
    assert list(spec.varied) == ["separator.thickness", "positive.porosity", "negative.reservoir"]
    assert spec.method == "sobol-indices"


# --- workers ---------------------------------------------------------------------------------------------


def plan(count, payload, function=FUNCTION):
    return Plan(function, payload, ("x",), np.arange(float(count))[:, None], 1)


def run(todo, workers, project=None):
    try:
        todo.resume(project)
        run_plan(todo, workers, project)
    finally:
        workers.close()


def test_workers_do_every_point_once(tmp_path):
    todo = plan(200, f"0.001|{tmp_path / 'log'}|")
    run(todo, LocalWorkers(2, MEMORY))
    assert todo.found[:, 0].tolist() == [i**2 for i in range(200)]
    assert sorted(map(int, (tmp_path / "log").read_text().split())) == list(range(200))


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="a test that waits for ever could not be ended")
def test_batches_larger_than_a_pipe_go_both_ways_at_once():
    """The client hands out the next batch while a worker hands in the last one: neither may wait for the other."""
    values = np.random.default_rng(1).normal(size=(60_000, 20))
    todo = Plan("slow_tasks:wide", "", tuple("x" * 20), values, 20)
    todo.resume(None)
    workers = LocalWorkers(1, MEMORY)
    # two batches of 4.8 MB each for one worker
    handed = iter([(0, 30_000), (30_000, 60_000)])
    signal.alarm(120)
    try:
        for name in handed:
            workers.give(name, todo.task(*name))
        found = {}
        while len(found) < 2:
            found |= {name: outcome.outputs for name, outcome in workers.wait()}
    finally:
        signal.alarm(0)
        workers.close()
    assert np.array_equal(np.concatenate([found[0, 30_000], found[30_000, 60_000]]), 2 * values)


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_a_worker_computes_on_one_thread(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    todo = plan(1, "", "slow_tasks:threads")
    run(todo, LocalWorkers(1, MEMORY))
    assert todo.found[0, 0] == 0
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_a_point_that_kills_its_worker_is_one_without_numbers():
    todo = plan(6, "0||4")
    run(todo, LocalWorkers(2, MEMORY))
    assert list(todo.reasons) == [4]
    assert "ended" in todo.reasons[4]
    assert np.delete(todo.found[:, 0], 4).tolist() == [0, 1, 4, 9, 25]
    assert np.isnan(todo.found[4, 0])


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux")
def test_memory_of_a_worker_is_bounded():
    todo = plan(8, str(4 * 2**30), "slow_tasks:hungry")
    run(todo, LocalWorkers(1, 2**30))
    assert sorted(todo.reasons) == [6, 7]
    assert "memory" in todo.reasons[6]
    assert todo.found[:6, 0].tolist() == [0, 2, 4, 6, 8, 10]


def test_workers_that_finish_nothing_are_given_up():
    class Dying(Here):
        def wait(self):
            return [(self._given.popleft()[0], Lost("its worker ended with code 1"))]

    with pytest.raises(NatronError, match="more --memory"):
        run(plan(100, "0||"), Dying())


def test_a_mistake_in_the_function_is_said_at_once():
    with pytest.raises(NatronError, match="a mistake"):
        run(plan(5, "", "slow_tasks:wrong"), LocalWorkers(1, MEMORY))


def test_what_was_done_is_not_done_again(tmp_path):
    log = tmp_path / "log"
    with init_project(tmp_path / "lab") as project:
        first = plan(60, f"0|{log}|")
        run(first, Here(), project)
        batches = project.index.rows("SELECT start, stop, object FROM batch ORDER BY start")
        # one batch is damaged, another is gone: these alone are done again
        project.objects.path(batches[1][2]).write_bytes(b"PAR1")
        with project.index.transaction() as connection:
            connection.execute("DELETE FROM batch WHERE start = ?", (batches[2][0],))
        log.unlink()
        again = plan(60, f"0|{log}|")
        run(again, Here(), project)
        lost = [i for k in (1, 2) for i in range(batches[k][0], batches[k][1])]
        assert sorted(map(int, log.read_text().split())) == lost
        assert again.found.tolist() == first.found.tolist()
        assert again.known == 60 - len(lost)
        other = plan(60, f"0|{log}|99")
        other.resume(project)
        assert other.known == 0  # another question


@pytest.mark.long
def test_a_thousand_tasks_with_five_workers_killed(tmp_path):
    log = tmp_path / "log"
    todo = plan(1000, f"0.01|{log}|")
    workers = LocalWorkers(2, MEMORY)
    generator, begun = random.Random(1), set()
    give, killed = workers.give, []

    def give_and_kill(name, task):
        give(name, task)
        begun.add(name)
        if len(killed) < 5 and len(begun) > 4 * (len(killed) + 1):
            victim = generator.choice(workers.process_ids)
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    workers.give = give_and_kill
    with init_project(tmp_path / "lab") as project:
        run(todo, workers, project)
    assert len(set(killed)) == 5
    assert todo.found[:, 0].tolist() == [i**2 for i in range(1000)]
    assert not todo.reasons


CLIENT = """
import sys
sys.path.insert(0, {tests!r})
import numpy as np
from natron.store import open_project
from natron.sweep import LocalWorkers, Plan, run_plan
if __name__ == "__main__":
    plan = Plan("slow_tasks:squares", {payload!r}, ("x",), np.arange({count}.0)[:, None], 1)
    with open_project({folder!r}) as project:
        plan.resume(project)
        workers = LocalWorkers(2, 2 * 2**30)
        run_plan(plan, workers, project, progress=lambda done, total, left: print(done, flush=True))
"""


@pytest.mark.long
def test_a_client_killed_half_way_goes_on_where_it_was(tmp_path):
    count, log, folder = 1000, tmp_path / "log", tmp_path / "lab"
    payload = f"0.01|{log}|"
    init_project(folder).close()
    script = tmp_path / "client.py"
    text = CLIENT.format(tests=str(Path(__file__).parent), payload=payload, count=count, folder=str(folder))
    script.write_text(textwrap.dedent(text))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as client:
        for line in client.stdout:
            if int(line) >= count // 2:
                client.kill()
                break
    time.sleep(3)  # its workers notice that it is gone, and end
    with open_project(folder) as project:
        kept = {i for a, b in project.index.rows("SELECT start, stop FROM batch") for i in range(a, b)}
        assert count // 2 <= len(kept) < count
        log.unlink()
        todo = plan(count, payload)
        run(todo, LocalWorkers(2, MEMORY), project)
    done = list(map(int, log.read_text().split()))
    assert sorted(done) == sorted(set(range(count)) - kept)  # none of those that were kept, each other one once
    assert todo.known == len(kept)
    assert todo.found[:, 0].tolist() == [i**2 for i in range(count)]

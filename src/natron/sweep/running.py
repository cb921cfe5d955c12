"""A sweep run: batches handed out, each kept when it is done, and nothing done twice."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, NatronError
from natron.store import DamagedError, digest
from natron.store.errors import in_words
from natron.sweep.indices import Indices, pareto, sobol
from natron.sweep.local import Lost, Outcome
from natron.sweep.spec import Spec
from natron.sweep.tasks import SWEPT, Answer, Task

if TYPE_CHECKING:
    from natron.store import Project

Array = NDArray[np.float64]

BATCH_S = 2.0
"""What a batch should take: handing it out and keeping it costs some 30 ms, and a stop loses no more than this."""

SHORTEST_BATCH_S = 0.2
"""Towards the end batches get smaller, so that all workers finish together, but not so small that they cost."""

MOST_IN_BATCH = 50_000
"""Points in a batch, whatever they take: it bounds a worker's memory."""

FIRST_AT_ONCE = 2000
"""Points of the first batches where many points cost little more than one."""

MOST_LOST = 25
"""Batches lost one after the other before the workers themselves are at fault: to find one point that ends its worker
among `MOST_IN_BATCH` takes fewer."""

PATIENCE = 3
"""Times that a single point may end its worker before it counts as one without numbers."""


class Workers(Protocol):
    """What does batches."""

    @property
    def count(self) -> int:
        """How many work at once."""

    @property
    def free(self) -> int:
        """Batches that can be given out now."""

    def give(self, name: Hashable, task: Task) -> None:
        """Give out a batch."""

    def wait(self) -> list[tuple[Hashable, Outcome]]:
        """Outcomes, once there are some."""


@dataclass(frozen=True, eq=False)
class SweepResult:
    """What a sweep found.

    Attributes
    ----------
    title, command, method : str
    names : tuple of str
        Parameters.
    parameter_kinds : tuple of str
    values : ndarray, shape (N, names)
        SI.
    outputs : tuple of str
    output_kinds : tuple of str
    found : ndarray, shape (N, outputs)
        SI; not a number where a point has none.
    reasons : tuple of (int, str)
        Points without numbers, and why.
    indices : tuple of Indices
        By output, where they were asked for.
    front : ndarray of int
        Points that no other beats; empty where no Pareto front was asked for.
    maximise, minimise : tuple of str
        Of that front.
    """

    title: str
    command: str
    method: str
    names: tuple[str, ...]
    parameter_kinds: tuple[str, ...]
    values: Array
    outputs: tuple[str, ...]
    output_kinds: tuple[str, ...]
    found: Array
    reasons: tuple[tuple[int, str], ...]
    indices: tuple[Indices, ...]
    front: NDArray[np.int64]
    maximise: tuple[str, ...] = ()
    minimise: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Points without numbers."""
        return len(self.reasons)

    def column(self, output: str) -> Array:
        """One output at every point, shape (N,)."""
        return np.asarray(self.found[:, self.outputs.index(output)])


@dataclass
class Plan:
    """What is still to be done of a sweep, and what is there.

    Attributes
    ----------
    values : ndarray, shape (N, names)
    width : int
        Outputs of the function.
    function, payload, names
        Of its tasks.
    id : str
        Digest of all of these: what a batch is kept under.
    found : ndarray, shape (N, width)
    reasons : dict
    todo : deque of (start, stop)
        Ranges of points.
    done : int
        Points that are there.
    known : int
        Of these, from earlier runs.
    """

    function: str
    payload: str
    names: tuple[str, ...]
    values: Array
    width: int
    id: str = ""
    found: Array = field(default_factory=lambda: np.empty((0, 0)))
    reasons: dict[int, str] = field(default_factory=dict)
    todo: deque[tuple[int, int]] = field(default_factory=deque)
    done: int = 0
    known: int = 0

    def __post_init__(self) -> None:
        from natron.store import code_version

        self.id = digest(
            {"sweep": self.function, "payload": self.payload, "names": self.names, "values": self.values,
             "code": code_version()}
        )  # fmt: skip
        self.found = np.full((len(self.values), self.width), np.nan)

    def resume(self, project: Project | None) -> None:
        """Take what earlier runs kept; what is left is `todo`."""
        there = np.zeros(len(self.values), dtype=bool)
        if project is not None:
            rows = project.index.rows(
                "SELECT start, stop, object FROM batch WHERE sweep = ? ORDER BY start", (self.id,)
            )
            for start, stop, name in rows:
                try:
                    table = project.read_table(str(name))
                except DamagedError:
                    continue  # done again
                a, b = int(str(start)), int(str(stop))
                self.found[a:b] = table.drop("reason").to_numpy()
                for i, reason in enumerate(table["reason"].to_list()):
                    if reason is not None:
                        self.reasons[a + i] = reason
                there[a:b] = True
        self.done = self.known = int(there.sum())
        edges = np.flatnonzero(np.diff(np.concatenate([[True], there, [True]]).astype(int)))
        self.todo = deque((int(a), int(b)) for a, b in edges.reshape(-1, 2))

    def take(self, most: int) -> tuple[int, int]:
        """The next points, at most so many."""
        start, stop = self.todo.popleft()
        end = min(stop, start + most)
        if end < stop:
            self.todo.appendleft((end, stop))
        return start, end

    def task(self, start: int, stop: int) -> Task:
        """For a worker."""
        return Task(self.function, self.payload, self.names, self.values[start:stop])

    def put(self, start: int, stop: int, answer: Answer, project: Project | None) -> None:
        """Take an answer, once it is on the disk."""
        if answer.outputs.shape != (stop - start, self.width):
            raise NatronError(f"a batch of {stop - start} points came back as {answer.outputs.shape}")
        if project is not None:
            _keep_batch(project, self.id, start, stop, answer)
        self.found[start:stop] = answer.outputs
        self.reasons |= {start + i: reason for i, reason in answer.reasons.items()}
        self.done += stop - start


def _keep_batch(project: Project, sweep: str, start: int, stop: int, answer: Answer) -> None:
    import polars as pl

    reasons = [answer.reasons.get(i) for i in range(stop - start)]
    columns = {f"output {i}": answer.outputs[:, i] for i in range(answer.outputs.shape[1])}
    table = pl.DataFrame({**columns, "reason": pl.Series(reasons, dtype=pl.String)})
    buffer = BytesIO()
    table.write_parquet(buffer)
    with in_words(project.index.folder):
        name = project.objects.put(buffer.getvalue(), "parquet")
    with project.index.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO batch VALUES (?, ?, ?, ?, ?)",
            (sweep, start, stop, name, datetime.now(UTC).isoformat(timespec="microseconds")),
        )


def run_plan(
    plan: Plan,
    workers: Workers,
    project: Project | None,
    *,
    at_once: bool = False,
    progress: Callable[[int, int, float | None], None] = lambda done, total, left_s: None,
) -> None:
    """Do what is left of a plan, each batch kept when it is done.

    Parameters
    ----------
    plan : Plan
        Resumed.
    workers : Workers
    project : Project or None
    at_once : bool
        Whether many points cost little more than one.
    progress : callable
        Takes points done, points in all, and seconds left (None while that is not known).

    Raises
    ------
    NatronError
        Where the function itself fails, as it would for any point; what was done is kept.
    """
    total, begun_s, begun = len(plan.values), time.monotonic(), plan.done
    size = FIRST_AT_ONCE if at_once else 1
    tries: dict[tuple[int, int], int] = {}
    given: set[Hashable] = set()
    spent, counted, lost_in_a_row = 0.0, 0, 0
    while plan.todo or given:
        workers_now = workers.count
        while plan.todo and workers.free > 0:
            left = sum(stop - start for start, stop in plan.todo)
            # towards the end smaller, so that all finish together
            shortest = size if not counted else max(1, int(SHORTEST_BATCH_S * counted / max(spent, 1e-9)))
            even = -(-left // (2 * workers_now))
            start, stop = plan.take(max(1, min(size, max(even, shortest), MOST_IN_BATCH)))
            given.add((start, stop))
            workers.give((start, stop), plan.task(start, stop))
        for name, outcome in workers.wait():
            start, stop = name  # type: ignore[misc]
            given.discard(name)
            if isinstance(outcome, Answer):
                plan.put(start, stop, outcome, project)
                lost_in_a_row = 0
                spent, counted = spent + outcome.seconds, counted + stop - start
                # the last batch weighs most: points may differ along the sweep
                here = max(outcome.seconds, 1e-6) / (stop - start)
                size = int(np.clip(BATCH_S / here, 1, MOST_IN_BATCH if at_once else 16 * size))
            elif isinstance(outcome, Lost):
                _again(plan, start, stop, outcome, tries, project)
                lost_in_a_row += bool(outcome.why)
                if lost_in_a_row > MOST_LOST:
                    raise NatronError(
                        f"the workers end before they finish anything ({outcome.why}). Give them more --memory, or "
                        "take fewer --workers; what was done is kept."
                    )
            else:
                raise outcome
            rate = (plan.done - begun) / max(time.monotonic() - begun_s, 1e-9)
            progress(plan.done, total, (total - plan.done) / rate if rate else None)


def _again(
    plan: Plan, start: int, stop: int, lost: Lost, tries: dict[tuple[int, int], int], project: Project | None
) -> None:
    """Put a lost batch back: in halves where it had been begun, so that a point which ends its worker is found."""
    if not lost.why:
        plan.todo.appendleft((start, stop))
    elif stop - start > 1:
        middle = (start + stop) // 2
        plan.todo.extendleft([(middle, stop), (start, middle)])
    else:
        tries[start, stop] = tries.get((start, stop), 0) + 1
        if tries[start, stop] < PATIENCE:
            plan.todo.appendleft((start, stop))
            return
        nothing = Answer(np.full((1, plan.width), np.nan), {0: f"{lost.why}, {PATIENCE} times"}, 0.0)
        plan.put(start, stop, nothing, project)


def run_sweep(
    spec: Spec,
    workers: Callable[[], Any],
    project: Project | None = None,
    *,
    progress: Callable[[int, int, float | None], None] = lambda done, total, left_s: None,
) -> tuple[SweepResult, int]:
    """Run a sweep; what earlier runs of the same one kept is not done again.

    Parameters
    ----------
    spec : Spec
    workers : callable
        Makes the workers, where there is anything left to do: an object with `close`.
    project : Project, optional
        Keeps each batch; without one a stop loses all.
    progress : callable
        See `run_plan`.

    Returns
    -------
    SweepResult
    int
        Points that earlier runs had done.

    Raises
    ------
    InputError
        Where the sweep cannot be run.
    NatronError
        Where the workers or their scheduler are gone; what was done is kept.
    """
    values = spec.sample()
    of = spec.subject
    plan = Plan(SWEPT, spec.payload, tuple(spec.varied), values, len(of.outputs))
    plan.resume(project)
    progress(plan.done, len(values), None)
    if plan.todo:
        found = workers()
        try:
            run_plan(plan, found, project, at_once=of.at_once, progress=progress)
        finally:
            found.close()
    return result_of(spec, plan), plan.known


def result_of(spec: Spec, plan: Plan) -> SweepResult:
    """What a finished plan says.

    Raises
    ------
    InputError
        Where no point has numbers.
    """
    of = spec.subject
    everything = tuple(of.outputs)
    found = plan.found[:, [everything.index(name) for name in spec.outputs]]
    if not np.isfinite(found).any():
        why = next(iter(plan.reasons.values()), "every output is missing")
        raise InputError("no point of this sweep has numbers", given=why, hint="Narrow what varies.")
    names = tuple(spec.varied)
    indices: list[Indices] = []
    if spec.method == "sobol-indices":
        each = (sobol(name, names, found[:, i], seed=spec.seed) for i, name in enumerate(spec.outputs))
        indices = [one for one in each if one is not None]
    goals = [*spec.maximise, *spec.minimise]
    front = np.empty(0, dtype=np.int64)
    if goals:
        columns = found[:, [list(spec.outputs).index(goal) for goal in goals]]
        front = np.flatnonzero(pareto(columns, [goal in spec.maximise for goal in goals]))
    return SweepResult(
        spec.title, spec.command, spec.method, names, tuple(of.parameters[name].kind for name in names), plan.values,
        tuple(spec.outputs), tuple(spec.outputs.values()), found, tuple(sorted(plan.reasons.items())), tuple(indices),
        front, spec.maximise, spec.minimise,
    )  # fmt: skip


def settings_of(spec: Spec) -> Mapping[str, Any]:
    """What a sweep hangs on, for the store."""
    return {
        "payload": json.loads(spec.payload),
        "varied": dict(spec.varied),
        "outputs": dict(spec.outputs),
        "method": spec.method,
        "points": spec.points,
        "seed": spec.seed,
        "maximise": spec.maximise,
        "minimise": spec.minimise,
    }

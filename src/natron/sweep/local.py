"""Worker processes on this machine, each on a pipe of its own: one that dies takes no other's batches along."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any

from natron.core import InputError, NatronError
from natron.sweep.tasks import Answer, Task, do, limited_memory

QUEUED = 2
"""Batches given to a worker at a time: the next is there when one is done, whatever the client is doing."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")


@dataclass(frozen=True)
class Lost:
    """A batch that its worker could not finish: it died, or had no memory left."""

    why: str


Outcome = Answer | Lost | NatronError


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    given: deque[Hashable] = field(default_factory=deque)


class LocalWorkers:
    """So many processes.

    Parameters
    ----------
    count : int
    memory_bytes : int
        That each may allocate.
    """

    def __init__(self, count: int, memory_bytes: int) -> None:
        # spawned: a process forked beside threads of polars or numba may hang
        self._context = multiprocessing.get_context("spawn")
        self._memory = memory_bytes
        self._workers = [self._start() for _ in range(count)]

    @property
    def count(self) -> int:
        """Workers."""
        return len(self._workers)

    @property
    def process_ids(self) -> list[int]:
        """Of the workers, for whoever wants to watch them."""
        return [worker.process.pid for worker in self._workers]

    @property
    def free(self) -> int:
        """Batches that can be given out now."""
        return sum(QUEUED - len(worker.given) for worker in self._workers)

    def give(self, name: Hashable, task: Task) -> None:
        """Give a batch to the worker that has least to do."""
        worker = min(self._workers, key=lambda one: len(one.given))
        worker.given.append(name)
        with suppress(OSError):  # it has died; `wait` tells
            worker.pipe.send(task)

    def wait(self) -> list[tuple[Hashable, Outcome]]:
        """Outcomes, once there are some."""
        by_pipe = {worker.pipe: worker for worker in self._workers if worker.given}
        found: list[tuple[Hashable, Outcome]] = []
        for ready in wait(list(by_pipe)):
            worker = by_pipe[ready]  # type: ignore[index]
            try:
                outcome = worker.pipe.recv()
            except (EOFError, OSError):
                found += self._bury(worker)
            else:
                found.append((worker.given.popleft(), outcome))
        return found

    def _bury(self, worker: _Worker) -> list[tuple[Hashable, Outcome]]:
        """Put a new worker in a dead one's place; what it was doing is lost, what still lay before it goes back."""
        worker.process.join()
        worker.pipe.close()
        why = f"its worker ended with code {worker.process.exitcode}"
        lost: list[tuple[Hashable, Outcome]] = [
            (name, Lost(why if i == 0 else "")) for i, name in enumerate(worker.given)
        ]
        self._workers[self._workers.index(worker)] = self._start()
        return lost

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._memory), daemon=True)
        with _one_thread():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()


class Here:
    """This process itself: for many points that cost little more than one, where workers take longer to start."""

    count = 1

    def __init__(self) -> None:
        self._given: deque[tuple[Hashable, Task]] = deque()

    @property
    def free(self) -> int:
        """Batches that can be given out now."""
        return 1 - len(self._given)

    def give(self, name: Hashable, task: Task) -> None:
        """Take a batch."""
        self._given.append((name, task))

    def wait(self) -> list[tuple[Hashable, Outcome]]:
        """Do it."""
        name, task = self._given.popleft()
        return [(name, do(task))]

    def close(self) -> None:
        """Nothing to end."""


@contextmanager
def _one_thread() -> Iterator[None]:
    """What is started meanwhile computes on one thread: the points of a sweep are the parallel part.

    The libraries look when they are loaded, which in a worker is before it has done anything.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _listen(pipe: Connection, tasks: SimpleQueue[Task]) -> None:
    """Take what the client sends, also while a batch is done: else each could wait for the other to read.

    Without its client a worker ends at once; what it was doing would go nowhere.
    """
    try:
        while True:
            tasks.put(pipe.recv())
    finally:
        os._exit(0)


def _work(pipe: Connection, memory_bytes: int) -> None:
    """A worker's life: until the client is gone."""
    import signal

    # Ctrl-C is for the client, which then ends the workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limited_memory(memory_bytes)
    tasks: SimpleQueue[Task] = SimpleQueue()
    Thread(target=_listen, args=(pipe, tasks), daemon=True).start()
    while True:
        task = tasks.get()
        outcome: Outcome
        try:
            outcome = do(task)
        except MemoryError:
            outcome = Lost("there was not enough memory")
        except NatronError as error:
            outcome = InputError(str(error))
        except Exception as error:
            outcome = NatronError(f"a worker failed: {type(error).__name__}: {error}")
        try:
            pipe.send(outcome)
        except OSError:
            return

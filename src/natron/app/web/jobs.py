"""Long work in a process of its own, so that it can be stopped at once and the app goes on answering."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from natron.core import InputError, NatronError

_MOST_AT_ONCE = 2


@dataclass
class Job:
    """One piece of long work.

    Attributes
    ----------
    state : {"running", "done", "failed", "stopped"}
    parts, done : int
        How many parts it has and how many are begun; 0 parts where that is not known.
    doing : str
    result : object or None
        JSON.
    error : str or None
    """

    process: Any
    state: str = "running"
    parts: int = 0
    done: int = 0
    doing: str = ""
    result: Any = None
    error: str | None = None

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "state": self.state,
            "parts": self.parts,
            "done": self.done,
            "doing": self.doing,
            "result": self.result,
            "error": self.error,
        }


@dataclass
class Jobs:
    """What runs, and what has run, by number."""

    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, work: Callable[..., Any], *arguments: Any) -> str:
        """Begin `work(report, *arguments)`; ``report(parts, doing)`` tells how far it is.

        Raises
        ------
        InputError
            Where as much runs as may.
        """
        with self._lock:
            if sum(job.state == "running" for job in self._jobs.values()) >= _MOST_AT_ONCE:
                raise InputError("two pieces of work are running", hint="Wait for one of them to end, or stop it.")
            # spawned, for a fork would copy the server's threads half way through what they do
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_run, args=(theirs, work, arguments), daemon=True)
            process.start()
            theirs.close()
            name = str(len(self._jobs) + 1)
            job = Job(process)
            self._jobs[name] = job
        threading.Thread(target=_follow, args=(job, ours), daemon=True).start()
        return name

    def told(self, name: str) -> dict[str, Any]:
        """How a job stands.

        Raises
        ------
        InputError
            Where there is none of that name.
        """
        if name not in self._jobs:
            raise InputError("there is no such work", given=name)
        return self._jobs[name].told()

    def stop(self, name: str) -> None:
        """End a job at once; what it had found is gone."""
        job = self._jobs.get(name)
        if job is not None and job.state == "running":
            job.state = "stopped"
            job.process.kill()

    def stop_all(self) -> None:
        """When the app ends."""
        for name in list(self._jobs):
            self.stop(name)


def _run(pipe: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    def report(parts: int, doing: str) -> None:
        pipe.send(("doing", (parts, doing)))

    try:
        pipe.send(("done", work(report, *arguments)))
    except NatronError as error:
        pipe.send(("failed", str(error)))
    except Exception as error:
        pipe.send(("failed", f"natron failed: {type(error).__name__}: {error}"))
    finally:
        pipe.close()


def _follow(job: Job, pipe: Any) -> None:
    try:
        while job.state == "running":
            kind, content = pipe.recv()
            if kind == "doing":
                job.parts, job.doing = content
                job.done += 1
            elif kind == "done":
                job.result, job.state = content, "done"
            else:
                job.error, job.state = content, "failed"
    except EOFError:
        if job.state == "running":
            job.error, job.state = "the work ended without a word, perhaps for want of memory", "failed"
    finally:
        pipe.close()
        job.process.join()

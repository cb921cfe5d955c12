"""Workers of a Dask cluster, here or elsewhere; needs natron[cluster] on every machine."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any
from uuid import uuid4

from natron.core import InputError, NatronError
from natron.sweep.local import QUEUED, Lost, Outcome
from natron.sweep.tasks import Task, do

PATIENCE_S = 15.0
"""How long a scheduler may take to answer."""

WORKERS_PATIENCE_S = 120.0
"""How long to wait for the first worker: a cluster starts them one after the other."""


class SchedulerLostError(NatronError):
    """The scheduler is gone; what was finished is kept."""


def _address_in(file: str) -> str:
    """The address in a scheduler file."""
    try:
        return str(json.loads(Path(file).read_text("utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this is not a file that a Dask scheduler wrote", key="--scheduler", given=file,
            hint="Make it with: dask scheduler --scheduler-file scheduler.json.",
        ) from error  # fmt: skip


class ClusterWorkers:
    """The workers of a scheduler.

    Parameters
    ----------
    scheduler : str
        ``tcp://host:8786``, or a scheduler file that Dask wrote (``scheduler.json``).

    Raises
    ------
    NatronError
        Where Dask is not installed.
    SchedulerLostError
        Where the scheduler does not answer, or has no worker.
    """

    def __init__(self, scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise NatronError('A scheduler needs Dask: pip install "natron[cluster]"') from error
        self._scheduler = scheduler
        where: dict[str, Any] = {"address": scheduler}
        if not scheduler.startswith(("tcp://", "tls://", "inproc://")):
            if not Path(scheduler).is_file():
                raise InputError(
                    "this is no scheduler", key="--scheduler", given=scheduler,
                    allowed="tcp://HOST:PORT, tls://HOST:PORT, or the scheduler file that Dask wrote",
                )  # fmt: skip
            where = {"address": _address_in(scheduler)}
        try:
            self._client = Client(timeout=PATIENCE_S, set_as_default=False, **where)
            self._client.wait_for_workers(1, timeout=WORKERS_PATIENCE_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise SchedulerLostError(
                f"{scheduler}: the scheduler does not answer, or has no worker ({str(error).strip() or 'timeout'}). "
                "Start it, and workers: dask scheduler; dask worker ADDRESS."
            ) from error
        self._futures: dict[Any, Hashable] = {}
        self._count = 1

    @property
    def count(self) -> int:
        """Threads of all workers, as the scheduler tells it."""
        try:
            self._count = max(1, sum(self._client.nthreads().values()))
        except Exception as error:
            raise self._gone(error) from error
        return self._count

    @property
    def free(self) -> int:
        """Batches that can be given out now."""
        return QUEUED * self.count - len(self._futures)

    def give(self, name: Hashable, task: Task) -> None:
        """Hand a batch to the scheduler."""
        try:
            future = self._client.submit(do, task, key=f"natron-{name}-{uuid4().hex[:8]}", pure=False, retries=2)
        except Exception as error:
            raise self._gone(error) from error
        self._futures[future] = name

    def wait(self) -> list[tuple[Hashable, Outcome]]:
        """Outcomes, once there are some.

        Raises
        ------
        SchedulerLostError
            Where the scheduler is gone.
        """
        from distributed import wait

        found: list[tuple[Hashable, Outcome]] = []
        while not found:
            try:
                with self._client.as_current():
                    done = wait(list(self._futures), timeout=PATIENCE_S, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                if self._client.status != "running":
                    raise self._gone(TimeoutError(self._client.status)) from None
                continue
            except Exception as error:
                raise self._gone(error) from error
            for future in done:
                found.append((self._futures.pop(future), self._outcome(future)))
                future.release()
        return found

    def _outcome(self, future: Any) -> Outcome:
        from distributed import KilledWorker

        if future.status in ("cancelled", "lost"):
            raise self._gone(RuntimeError(future.status))
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker | MemoryError):
                return Lost(f"its workers ended ({type(error).__name__})")
            if isinstance(error, NatronError):
                return InputError(str(error))
            return NatronError(f"a worker failed: {type(error).__name__}: {error}")
        try:
            outcome: Outcome = future.result(timeout=PATIENCE_S)
        except Exception as error:
            raise self._gone(error) from error
        return outcome

    def _gone(self, error: Exception) -> SchedulerLostError:
        return SchedulerLostError(
            f"{self._scheduler}: the scheduler is gone ({type(error).__name__}). What was finished is kept where the "
            "sweep runs in a project: start it again when the scheduler is back, and it goes on from there."
        )

    def close(self) -> None:
        """Let go of the scheduler; its workers stay."""
        self._client.close(timeout=2)

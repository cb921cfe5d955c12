"""Tasks for tests: worker processes import this module by its name."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np

FUNCTION = "slow_tasks:squares"


def squares(payload, names, values):
    """x², after so many seconds a point; each point says in a file that it was done.

    A payload is ``seconds|log file|point that kills its worker or nothing``.
    """
    seconds, log, deadly = payload.split("|")
    for x in values[:, 0]:
        time.sleep(float(seconds))
        if deadly and x == float(deadly):
            os.kill(os.getpid(), signal.SIGKILL)
    if log:
        # one write of less than a page: whole, whoever else appends
        with Path(log).open("ab", buffering=0) as handle:
            handle.write(b"".join(b"%d\n" % int(x) for x in values[:, 0]))
    return values[:, :1] ** 2, {}


def wide(payload, names, values):
    """As much out as came in."""
    return values * 2, {}


def threads(payload, names, values):
    """How many threads this worker has beside Python's own."""
    return np.full((len(values), 1), float(len(list(Path("/proc/self/task").iterdir())) - threading.active_count())), {}


def hungry(payload, names, values):
    """Takes as many bytes as the payload says, for points above 5."""
    if values.max() > 5:
        np.ones(int(payload) // 8)
    return values[:, :1] * 2, {}


def wrong(payload, names, values):
    raise ValueError("a mistake")

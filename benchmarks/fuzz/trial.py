"""One input, tried: what the contract with every reader is, and whether it was kept."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from natron.core import NatronError

MAX_SECONDS = 5.0
"""CPU time for one input."""
MAX_GROWTH, ALLOWANCE = 10, 200 * 1000**2
"""Memory for one input: so many times its size, and so many bytes."""
HANGS_AFTER = 30.0
MAX_MESSAGE = 4000
_STATM = os.open("/proc/self/statm", os.O_RDONLY)


@dataclass(frozen=True)
class Fault:
    """A broken contract: `place` is what tells one fault from another, `said` the whole story."""

    place: str
    said: str


class _Hangs(BaseException):
    pass


def fault(call: Callable[[bytes], object], data: bytes) -> Fault | None:
    """What is wrong with how `call` takes `data`, None where nothing is.

    It may return, or raise a NatronError whose message is one printable line; it may not raise anything else,
    warn, log, take more than 5 s of CPU time or use more memory than ten times the input and 200 MB.
    """
    before = _resident()
    peak = _peak()
    begun = time.process_time()
    found = _outcome(call, data)
    seconds = time.process_time() - begun
    grown = _peak() - before if _peak() > peak else 0
    if found is None and seconds > MAX_SECONDS:
        found = Fault("slow", f"{seconds:.1f} s of CPU time for {len(data)} bytes")
    if found is None and grown > MAX_GROWTH * len(data) + ALLOWANCE:
        found = Fault("memory", f"{grown / 1e6:.0f} MB for {len(data)} bytes")
    if found is not None:
        gc.collect()
        _forget_peak()
    return found


def _stop(signum: int, frame: FrameType | None) -> None:
    raise _Hangs


def _outcome(call: Callable[[bytes], object], data: bytes) -> Fault | None:
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_AFTER)
    try:
        with warnings.catch_warnings(record=True) as caught, _logged() as logged:
            warnings.simplefilter("always")
            call(data)
        if logged:
            return Fault(f"log {logged[0].name}", logged[0].getMessage())
        # those of a file that is then refused are nobody's loss, but they are seen on the screen all the same
        if caught:
            first = caught[0]
            place = f"{first.category.__name__} {Path(first.filename).name}:{first.lineno}"
            return Fault(place, f"{place}: {first.message}")
    except NatronError as error:
        return _bad_message(error)
    except KeyboardInterrupt:
        raise
    except _Hangs as error:
        return Fault(f"hangs {_innermost(error)}", f"more than {HANGS_AFTER:g} s\n{traceback.format_exc()}")
    except BaseException as error:  # a panic of a compiled library is no Exception
        return Fault(f"{type(error).__name__} {_innermost(error)}", traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


class _Listener(logging.Handler):
    def __init__(self, heard: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(record)


@contextmanager
def _logged() -> Iterator[list[logging.LogRecord]]:
    """What reaches the root logger, and so the screen."""
    heard: list[logging.LogRecord] = []
    listener = _Listener(heard)
    logging.getLogger().addHandler(listener)
    try:
        yield heard
    finally:
        logging.getLogger().removeHandler(listener)


def _bad_message(error: NatronError) -> Fault | None:
    said = str(error)
    if not said.isprintable():
        return Fault(f"message not printable {_innermost(error)}", repr(said[:500]))
    if len(said) > MAX_MESSAGE:
        return Fault(f"message of {MAX_MESSAGE}+ characters {_innermost(error)}", said[:500])
    if error.exit_code not in (2, 3):
        return Fault(f"exit code {error.exit_code} {_innermost(error)}", said[:500])
    return None


def _innermost(error: BaseException) -> str:
    """The last place in natron that an error came through, `reading.py:assemble:120`."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "natron" in Path(frame.filename).parts] or frames[-1:]
    return f"{Path(ours[-1].filename).name}:{ours[-1].name}:{ours[-1].lineno}" if ours else "nowhere"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _resident() -> int:
    return int(os.pread(_STATM, 100, 0).split()[1]) * resource.getpagesize()


def _forget_peak() -> None:
    """The peak counted anew from now on, or one find would hide the next."""
    Path("/proc/self/clear_refs").write_text("5")

"""What other packages warn of while they read a file: among the notes, and not on the screen."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


class _Listener(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(f"{record.name.partition('.')[0]}: {record.getMessage().strip().partition(chr(10))[0]}")


@contextmanager
def heard(packages: tuple[str, ...], notes: list[str]) -> Iterator[None]:
    """Add to `notes`, each once, what the loggers of `packages` say and what Python warnings there are meanwhile."""
    loggers = [logging.getLogger(package) for package in packages]
    said: list[str] = []
    listener = _Listener(said)
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(listener)
        logger.propagate = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        for logger, propagates in zip(loggers, before, strict=True):
            logger.removeHandler(listener)
            logger.propagate = propagates
    # the first sentence: what follows tells the package's own users what to do
    said += [f"{packages[0]}: {str(warning.message).partition('. ')[0]}" for warning in caught]
    notes += dict.fromkeys(said)

"""Studies reproduced once for all tests."""

import functools


@functools.cache
def reproduced(name):
    """A study as it ships: half a minute for the largest, and the same each time."""
    from natron.studies.reproduction import reproduce

    return reproduce(name)

"""The error of data that cannot be used."""

from __future__ import annotations

from natron.core import InputError


class DataError(InputError):
    """Measured data are broken or do not fit their use. Says what was given, what is allowed, what to do."""

    exit_code = 3

"""Which natron computed a result."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import natron

_COUNTS = (".py", ".toml", ".csv")


@lru_cache(maxsize=1)
def code_version() -> str:
    """natron's version and a digest of its code and data: ``0.1.0+1f2e3d4c``.

    A result of one is no answer for another: who changes a formula, or a value of the library, gets results anew.
    """
    folder = Path(natron.__file__).parent
    found = sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in _COUNTS:
            found.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return f"{natron.__version__}+{found.hexdigest()[:8]}"

"""Results that are kept: an SQLite index and files named by their content, in one folder that can be moved.

`init_project` makes a folder a project, `open_project` opens it; `Project.keep` keeps a result, `Project.entries` finds
those there are, and `Project.open` gives one back as the type it had.
"""

from natron.store.code import code_version
from natron.store.entries import Entry, Kept, Raw
from natron.store.errors import DamagedError, FullError, StoreError
from natron.store.exporting import Exported, export
from natron.store.numbers import Number
from natron.store.place import find_project
from natron.store.project import Project, init_project, open_project
from natron.store.readings import raw_of, read_kept
from natron.store.typed import NotKeepableError, digest

__all__ = [
    "DamagedError",
    "Entry",
    "Exported",
    "FullError",
    "Kept",
    "NotKeepableError",
    "Number",
    "Project",
    "Raw",
    "StoreError",
    "code_version",
    "digest",
    "export",
    "find_project",
    "init_project",
    "open_project",
    "raw_of",
    "read_kept",
]

"""A thousand writes under a hundred kills: nothing that was acknowledged is lost, nothing is corrupt."""

import os
import random
import signal
import sys
import time

import numpy as np
import pytest

from natron.store import StoreError, init_project, open_project

WRITES, KILLS, READERS = 1000, 100, 8


def value_of(i):
    return {"numbers": tuple(np.random.default_rng(i).normal(size=40).tolist()), "text": "x" * (i % 500)}


def write(folder, first, report):
    """Keep results from `first` on, and say of each that it is there; until killed."""
    with open_project(folder) as project:
        for i in range(first, WRITES):
            project.keep("kill", title=f"{i}", inputs=i, settings={}, value=value_of(i), content={"i": i})
            os.write(report, i.to_bytes(4, "little"))


def read(folder, until, faults):
    """Open results at random until told to stop; a fault is written down."""
    opened = 0
    generator = random.Random(os.getpid())
    while not until.exists():
        try:
            with open_project(folder) as project:
                entries = project.entries()
                for entry in generator.sample(entries, min(5, len(entries))):
                    found = project.open(entry)
                    if found.value != value_of(found.content["i"]):
                        raise StoreError(f"{entry.title} is not what was written")
                    opened += 1
        except Exception as error:
            faults.joinpath(f"{os.getpid()}").write_text(repr(error))
            return
        time.sleep(0.05)
    faults.joinpath(f"{os.getpid()}.opened").write_text(str(opened))


def child(work, *arguments):
    """A process of its own that ends without what pytest would do at its end."""
    found = os.fork()
    if found == 0:
        try:
            work(*arguments)
        finally:
            os._exit(0)
    return found


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_thousand_writes_under_a_hundred_kills(tmp_path):
    folder, until, faults = tmp_path / "lab", tmp_path / "stop", tmp_path / "faults"
    faults.mkdir()
    init_project(folder).close()
    readers = [child(read, folder, until, faults) for _ in range(READERS)]
    generator = random.Random(1)
    acknowledged: set[int] = set()
    kills = 0
    try:
        while len(acknowledged) < WRITES:
            ours, theirs = os.pipe()
            writer = child(write, folder, max(acknowledged, default=-1) + 1, theirs)
            os.close(theirs)
            # some writes, then death at any moment of the next ones
            wanted = generator.randint(0, WRITES // KILLS - 5) if kills < KILLS else WRITES
            with os.fdopen(ours, "rb") as pipe:
                for _ in range(wanted):
                    said = pipe.read(4)
                    if not said:
                        break
                    acknowledged.add(int.from_bytes(said, "little"))
                if kills < KILLS or len(acknowledged) < WRITES:
                    time.sleep(generator.random() * 0.03)
                    os.kill(writer, signal.SIGKILL)
                    kills += 1
                # what it had said before it died was acknowledged too
                rest = pipe.read()
                acknowledged |= {int.from_bytes(rest[k : k + 4], "little") for k in range(0, len(rest) - 3, 4)}
            os.waitpid(writer, 0)
    finally:
        until.touch()
        for reader in readers:
            os.waitpid(reader, 0)
    assert not [path.read_text() for path in faults.iterdir() if path.suffix != ".opened"]
    opened = [int(path.read_text()) for path in faults.glob("*.opened")]
    assert len(opened) == READERS
    assert sum(opened) > 100
    with open_project(folder) as project:
        there = {entry.title: entry for entry in project.entries()}
        assert {int(title) for title in there} == acknowledged == set(range(WRITES))
        for i in range(WRITES):
            assert project.open(there[str(i)]).value == value_of(i)
        assert project.index.rows("PRAGMA integrity_check") == [("ok",)]
        assert not list((folder / ".natron" / "temp").iterdir())
    assert kills >= KILLS
    print(f"{kills} kills, {len(acknowledged)} acknowledged, {sum(opened)} results opened meanwhile")

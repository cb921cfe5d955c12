"""A project: kept once, found again, whole whatever happens."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

from natron.store import (
    DamagedError,
    FullError,
    StoreError,
    export,
    find_project,
    init_project,
    open_project,
    read_kept,
)
from natron.store.index import VERSION
from natron.store.objects import Objects

QUANTITY = {"value": 20.0, "uncertainty": 0.5, "unit": "ohm"}
SPECTRUM = "Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm\n" + "\n".join(
    f"{10 ** (5 - i / 5)},{10 + i},{-1 - i % 7}" for i in range(30)
)


def keep(project, i, **changes):
    given = {
        "title": f"spectrum {i}",
        "inputs": i,
        "settings": {"circuit": "R0-p(R1,CPE1)", "i": i},
        "value": {"numbers": np.arange(i, i + 300.0), "x": (i, 0.1)},
        "content": {"fits": [{"parameters": {"R1": {**QUANTITY, "value": float(i)}}}]},
    }
    return project.keep("eis fit", **{**given, **changes})


@pytest.fixture
def project(tmp_path):
    with init_project(tmp_path / "lab") as found:
        yield found


def objects(project):
    return sorted(path for path in (project.index.folder / "objects").rglob("*") if path.is_file())


def test_what_is_kept_comes_back(project):
    entry = keep(project, 7)
    with open_project(project.folder) as other:
        found = other.open(entry.short)
        assert found.value["numbers"].tolist() == np.arange(7, 307.0).tolist()
        assert found.value["x"] == (7, 0.1)
        assert found.entry == entry
        assert [(n.place, n.value, n.unit) for n in found.numbers] == [("fits.0.parameters.R1", 7.0, "ohm")]


def test_the_same_question_is_answered_once(project):
    first = keep(project, 1)
    before = objects(project)
    assert keep(project, 1, value="never written") == first
    assert objects(project) == before
    others = [
        keep(project, 1, settings={"circuit": "R0", "i": 1}),
        keep(project, 1, inputs=2),
        project.keep("cycling", title="", inputs=1, settings={"circuit": "R0-p(R1,CPE1)", "i": 1}, value=0, content={}),
    ]
    assert len({first.id, *(entry.id for entry in others)}) == 4


def test_other_code_gives_another_answer(project, monkeypatch):
    first = keep(project, 1)
    monkeypatch.setattr("natron.store.project.code_version", lambda: "0.1.0+ffffffff")
    assert keep(project, 1).id != first.id


def test_finding(project):
    for i in range(5):
        keep(project, i)
    assert [entry.title for entry in project.entries(words=["SPECTRUM", "4"])] == ["spectrum 4"]
    assert len(project.entries(command="eis")) == 5
    assert project.entries(since="2999-01-01") == []
    assert {project.entry(id_).title for id_ in project.with_number("R1", ">", 2.5, "ohm")} == {
        "spectrum 3",
        "spectrum 4",
    }
    with pytest.raises(StoreError, match="Known: R1"):
        project.with_number("R2", ">", 1.0, "ohm")
    with pytest.raises(StoreError, match="this unit"):
        project.with_number("R1", ">", 1.0, "kohm")
    with pytest.raises(StoreError, match="this command"):
        project.entries(command="cyclng")
    for wrong in ("xyz!", "ab", "ffffffff"):
        with pytest.raises(StoreError):
            project.entry(wrong)


def test_projects_are_found_from_inside(project, tmp_path):
    deep = project.folder / "a" / "b"
    deep.mkdir(parents=True)
    assert find_project(deep) == project.folder
    assert find_project(tmp_path) is None
    with pytest.raises(StoreError, match="no project"):
        open_project(tmp_path)


# --- instrument files ------------------------------------------------------------------------------------


def test_a_file_is_read_once_and_may_be_renamed(project, monkeypatch):
    file = project.folder / "a.csv"
    file.write_text(SPECTRUM)
    first, raws = read_kept(project, [file], {})
    assert (raws[0].path, raws[0].object) == ("a.csv", None)
    monkeypatch.setattr("natron.io.read", lambda *a, **k: pytest.fail("it was read again"))
    again, _ = read_kept(project, [file.rename(project.folder / "b.csv")], {})
    assert again.spectra[0].digest == first.spectra[0].digest
    assert again.spectra[0].provenance.sha256 == raws[0].sha256
    assert Path(again.spectra[0].provenance.file).name == "b.csv"


def test_a_file_larger_than_any_measurement_is_refused_before_it_is_read(project, monkeypatch):
    from natron.data import DataError

    file = project.folder / "huge.csv"
    with file.open("wb") as handle:
        handle.truncate(3 * 2**30)
    monkeypatch.setattr("natron.store.readings.raw_of", lambda *a: pytest.fail("it was read"))
    with pytest.raises(DataError, match="up to 2 GiB"):
        read_kept(project, [file], {})


def test_what_was_told_is_part_of_the_reading(project):
    file = project.folder / "a.csv"
    file.write_text(SPECTRUM)
    areas = [read_kept(project, [file], {"area_m2": area})[0].spectra[0].area_m2 for area in (1e-4, 2e-4, 1e-4)]
    assert areas == [1e-4, 2e-4, 1e-4]
    assert len(project.index.rows("SELECT * FROM reading")) == 2


def test_a_file_from_elsewhere_is_copied(project, tmp_path):
    outside = tmp_path / "stick.csv"
    outside.write_text(SPECTRUM)
    raw = project.add_raw(outside)
    outside.unlink()
    assert raw.path is None
    assert project.raw_path(raw).read_text() == SPECTRUM


def test_a_file_that_changed_is_told_apart(project):
    file = project.folder / "a.csv"
    file.write_text(SPECTRUM)
    raw = project.add_raw(file)
    assert project.raw_path(raw) == file
    file.write_text(SPECTRUM + "\n0.01,99,-1")
    assert project.raw_path(raw) is None
    assert project.add_raw(file).sha256 != raw.sha256


# --- export ----------------------------------------------------------------------------------------------


def test_an_export_opens_elsewhere(project, tmp_path):
    (project.folder / "data").mkdir()
    inside, outside = project.folder / "data" / "a.csv", tmp_path / "b.csv"
    inside.write_text(SPECTRUM)
    outside.write_text(SPECTRUM + "\n0.01,99,-1")
    raws = [read_kept(project, [file], {})[1][0] for file in (inside, outside)]
    entry = keep(project, 1, raws=raws)
    project.add_figures(entry, {"nyquist": "<svg/>"})
    keep(project, 2)
    found = export(project, tmp_path / "out", [entry])
    assert (found.results, found.files, found.left_out) == (1, 2, ())
    moved = shutil.move(tmp_path / "out", tmp_path / "elsewhere")
    project.close()
    shutil.rmtree(project.folder)
    outside.unlink()
    with open_project(moved) as copy:
        (only,) = copy.entries()
        assert only == entry.__class__(**{**vars(entry), "figures": ("nyquist",), "raws": only.raws})
        assert copy.open(only).value["x"] == (1, 0.1)
        assert copy.figure(only, "nyquist") == "<svg/>"
        assert [copy.raw_path(raw).read_text() for raw in only.raws] == [SPECTRUM, SPECTRUM + "\n0.01,99,-1"]
        assert read_kept(copy, [copy.folder / "data" / "a.csv"], {})[0].spectra[0].provenance.sha256 == raws[0].sha256
        assert copy.with_number("R1", "=", 1.0, "ohm")
    for path in (Path(moved) / ".natron").rglob("*"):
        assert str(tmp_path / "lab").encode() not in (path.read_bytes() if path.is_file() else b"")


def test_an_export_says_what_it_leaves_out(project, tmp_path):
    file = project.folder / "a.csv"
    file.write_text(SPECTRUM)
    whole = keep(project, 1, raws=[project.add_raw(file)])
    broken = keep(project, 2)
    project.objects.path(broken.object).write_text("{}")
    file.unlink()
    found = export(project, tmp_path / "out")
    assert found.results == 1
    assert len(found.left_out) == 2
    with open_project(tmp_path / "out") as copy:
        assert copy.open(whole.id).value["x"] == (1, 0.1)
    with pytest.raises(StoreError, match="folder of its own"):
        export(project, tmp_path / "out")


# --- faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage", [lambda p: p.write_bytes(p.read_bytes()[:-7]), Path.unlink, lambda p: p.write_bytes(b"")]
)
def test_a_damaged_table_is_named_and_the_rest_can_be_read(project, damage):
    broken, whole = keep(project, 1), keep(project, 2)
    table = next(path for path in objects(project) if path.suffix == ".parquet")
    name = next(row[0] for row in project.index.rows("SELECT result FROM result_table WHERE object = ?", (table.name,)))
    damage(table)
    hurt, other = (broken, whole) if name == broken.id else (whole, broken)
    with pytest.raises(DamagedError, match=table.name):
        _ = project.open(hurt).value
    assert project.open(hurt).numbers  # what was printed is in another file
    assert project.open(other).value["x"][1] == 0.1
    assert len(project.entries()) == 2
    keep(project, 1 if hurt is broken else 2, again=True)
    assert project.open(hurt.id).value["x"][1] == 0.1


def test_a_damaged_reading_is_read_anew(project):
    file = project.folder / "a.csv"
    file.write_text(SPECTRUM)
    first, _ = read_kept(project, [file], {})
    for table in objects(project):
        if table.suffix == ".parquet":
            table.write_bytes(table.read_bytes()[:100])
    again, _ = read_kept(project, [file], {})
    assert again.spectra[0].digest == first.spectra[0].digest


def test_a_reading_that_was_written_down_wrongly_is_read_anew(project):
    file = project.folder / "a.csv"
    file.write_text(SPECTRUM)
    first, _ = read_kept(project, [file], {})
    ((right,),) = project.index.rows("SELECT about_object FROM reading")
    wrong = project.objects.put(b'{"schema_version": 1}', "json")
    with project.index.transaction() as connection:
        connection.execute("UPDATE reading SET about_object = ?", (wrong,))
    again, _ = read_kept(project, [file], {})
    assert again.spectra[0].digest == first.spectra[0].digest
    assert project.index.rows("SELECT about_object FROM reading") == [(right,)]


def test_a_newer_project_is_left_alone(project):
    keep(project, 1)
    project.close()
    with sqlite3.connect(project.index.file) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = project.index.file.read_bytes()
    with pytest.raises(StoreError, match="newer natron") as told:
        open_project(project.folder)
    assert told.value.exit_code == 2
    assert project.index.file.read_bytes() == before


def test_a_damaged_index_is_said(project):
    keep(project, 1)
    project.close()
    for extra in project.index.folder.glob("index.sqlite-*"):
        extra.unlink()
    project.index.file.write_bytes(b"not SQLite at all" * 1000)
    with pytest.raises(DamagedError, match="index is damaged"):
        open_project(project.folder)


@pytest.mark.parametrize("damage", [Path.unlink, lambda index: index.write_bytes(b"")])
def test_an_index_that_lost_everything_is_not_begun_anew(project, damage):
    """An empty file is an empty database to SQLite: the results would be gone without a word."""
    keep(project, 1)
    project.close()
    for extra in project.index.folder.glob("index.sqlite-*"):
        extra.unlink()
    damage(project.index.file)
    with pytest.raises(DamagedError, match="results lie beside it"):
        init_project(project.folder)
    with pytest.raises(StoreError):
        open_project(project.folder)
    assert len(objects(project)) == 2


def test_an_older_project_is_brought_up_to_date_after_a_backup(project):
    entries = [keep(project, i) for i in range(3)]
    project.close()
    with sqlite3.connect(project.index.file) as connection:
        connection.executescript("DROP TABLE number; DROP TABLE batch; PRAGMA user_version = 1")
    connection.close()
    with open_project(project.folder) as found:
        assert [found.open(entry.id).value["x"][0] for entry in entries] == [0, 1, 2]
        assert len(found.with_number("R1", ">=", 1.0, "ohm")) == 2
    (backup,) = (project.index.folder / "backups").iterdir()
    with sqlite3.connect(backup) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM result").fetchone() == (3,)
        assert not connection.execute("SELECT * FROM sqlite_master WHERE name = 'number'").fetchall()
    connection.close()
    with open_project(project.folder):  # the second time there is nothing to do
        assert len(list((project.index.folder / "backups").iterdir())) == 1


def test_a_migration_that_fails_changes_nothing(project, monkeypatch):
    keep(project, 1)
    project.close()
    with sqlite3.connect(project.index.file) as connection:
        connection.executescript("DROP TABLE number; DROP TABLE batch; PRAGMA user_version = 1")
    connection.close()

    def breaks(connection, folder):
        connection.execute("DROP TABLE result_of")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("natron.store.index._MIGRATIONS", {1: breaks})
    with pytest.raises(FullError):
        open_project(project.folder)
    monkeypatch.undo()
    with open_project(project.folder) as found:
        assert len(found.entries()) == 1


def test_two_writers_at_once(project):
    """Threads with connections of their own, as processes have them; half of what they keep is the same."""
    faults, ids = [], [set(), set()]

    def write(k):
        try:
            with open_project(project.folder) as mine:
                for i in range(12):
                    ids[k].add(keep(mine, i if i < 6 else 100 * k + i).id)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(ids[0] & ids[1]) == 6
    assert {entry.id for entry in project.entries()} == ids[0] | ids[1]
    assert all(project.open(entry).value["x"][1] == 0.1 for entry in project.entries())


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_stay(project):
    temp = project.index.folder / "temp"
    import socket

    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    dead = temp / f"{socket.gethostname()}.{done.pid}.abc.part"
    living = temp / f"{socket.gethostname()}.{os.getpid()}.abc.part"
    far, old = temp / "other-host.1.abc.part", temp / "other-host.2.abc.part"
    for file in (dead, living, far, old):
        file.write_text("half")
    os.utime(old, (0, 0))
    open_project(project.folder).close()
    assert sorted(temp.iterdir()) == sorted([living, far])


def test_what_is_whole_is_not_written_again_and_what_is_not_is(tmp_path):
    store = Objects(tmp_path)
    store.make()
    name = store.put(b"content", "raw")
    inode = store.path(name).stat().st_ino
    assert store.put(b"content", "raw") == name
    assert store.path(name).stat().st_ino == inode
    store.path(name).write_bytes(b"conten!")
    store.put(b"content", "raw")
    assert store.get(name) == b"content"


# --- disks -----------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """A file system of its own, 1.5 MB large."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing(disk):
    with init_project(disk) as project:
        kept = []

        def fill():
            for i in range(1000):
                kept.append(keep(project, i, value=np.random.default_rng(i).normal(size=10_000)))

        with pytest.raises(FullError, match="disk is full") as told:
            fill()
        assert told.value.exit_code == 1
        assert len(kept) >= 3
        # the rest is still readable, also from the outside
        with open_project(disk) as other:
            assert {entry.id for entry in other.entries()} >= {entry.id for entry in kept}
            for i, entry in enumerate(kept):
                assert np.array_equal(other.open(entry).value, np.random.default_rng(i).normal(size=10_000))
        assert not list((disk / ".natron" / "temp").iterdir())
        # and once there is room again, it goes on
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        last = keep(project, 2000)
        assert project.open(last.id).value["x"] == (2000, 0.1)


def test_a_read_only_folder_can_be_read(disk):
    with init_project(disk) as project:
        entry = keep(project, 1)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with open_project(disk) as project:
        assert not project.writable
        assert project.open(entry.id).value["x"] == (1, 0.1)
        with pytest.raises(StoreError, match="may be read but not written") as told:
            keep(project, 2)
        assert told.value.exit_code == 2
        assert len(project.entries()) == 1
    with pytest.raises(StoreError, match="not written"):
        init_project(disk / "new")


def test_a_read_only_folder_with_a_log_left_behind(disk):
    """A writer was killed: what it had committed lies in the log, which a reader needs the shared memory for."""
    script = textwrap.dedent(f"""
        import os
        from natron.store import init_project
        project = init_project({str(disk)!r})
        project.keep("eis fit", title="t", inputs=1, settings={{}}, value=1, content={{}})
        os.kill(os.getpid(), 9)
    """)
    subprocess.run([sys.executable, "-c", script], check=False)
    assert (disk / ".natron" / "index.sqlite-wal").stat().st_size
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with open_project(disk) as project:
        (entry,) = project.entries()
        assert project.open(entry).value == 1


def test_documents_are_plain_json(project):
    entry = keep(project, 3)
    document = json.loads(project.objects.get(entry.object))
    assert document["content"]["fits"][0]["parameters"]["R1"] == {**QUANTITY, "value": 3.0}
    assert document["settings"] == {"circuit": "R0-p(R1,CPE1)", "i": 3}
    assert document["code"].startswith("0.1.0+")

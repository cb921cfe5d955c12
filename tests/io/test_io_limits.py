"""Hostile files in a process of their own: refused with what and where, in bounded memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from natron import io
from natron.data import DataError

ENDINGS = (".mpr", ".mpt", ".nda", ".ndax", ".xlsx", ".dta", ".ism", ".z", ".par", ".csv", ".txt", ".bdf.csv",
           ".bdf.parquet", ".parquet", ".001")  # fmt: skip
GIB = 1024**3
CPU_SECONDS = 5
_READ = "import sys; from natron.app.cli import main; main(['read', sys.argv[1]])"
# A process counts the memory of the one that it was forked from towards its own peak, so a small one stands between
# the tests and the reader. Its limit ends what runs on; two seconds are for starting Python on a loaded machine.
_APART = f"""
import json, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS + 2}, {CPU_SECONDS + 2}))
done = subprocess.run([sys.argv[1], "-c", {_READ!r}, sys.argv[2]], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, done.stderr.decode(), peak]))
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX's")


def read_apart(path) -> tuple[int, str, int]:
    """Exit code, message and peak memory in bytes of ``natron read`` in a process of its own."""
    done = subprocess.run([sys.executable, "-c", _APART, sys.executable, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code, said, peak = json.loads(done.stdout)
    return code, said, peak * (1 if sys.platform == "darwin" else 1024)


def refused_apart(path) -> str:
    code, said, peak = read_apart(path)
    assert code == 3, said
    assert len(said.strip().splitlines()) == 1
    assert path.name in said
    assert peak <= 10 * path.stat().st_size + 200e6
    return said


def _zeros(path, size: int, head: bytes = b""):
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


def _bomb(path, member: str, megabytes: int, head: bytes = b""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(member, "w") as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(bytes(2**20))
    return path


@pytest.mark.parametrize("ending", [".mpr", ".ndax"])
def test_a_gigabyte_of_zeros(tmp_path, ending):
    assert "zero bytes" in refused_apart(_zeros(tmp_path / f"zeros{ending}", GIB))


@pytest.mark.long
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_gigabyte_of_zeros_under_every_name(tmp_path, ending):
    assert "zero bytes" in refused_apart(_zeros(tmp_path / f"zeros{ending}", GIB))


def test_zeros_behind_a_real_beginning(real, tmp_path):
    """A disk that failed while it wrote: what was there is there, the rest is zeros."""
    for name in ("biologic/mb.issue_149.mpr", "neware/test.nda", "neware/test.ndax", "biologic/mb.issue_149.mpt",
                 "eis-vendors/li-ion-battery.ism"):  # fmt: skip
        head = real(name).read_bytes()
        path = _zeros(tmp_path / real(name).name, GIB, head)
        with pytest.raises(DataError, match="of the file is zero bytes"):
            io.read(path)
        path.unlink()


@pytest.mark.long
@pytest.mark.parametrize(("name", "size"), [("a.ndax", 1000), ("a.ndax", 46), ("a.xlsx", 1000), ("a.xlsx", 46)])
def test_bombs(tmp_path, name, size):
    """46 MiB lie just inside what an archive may unpack to."""
    member = "data.ndc" if name.endswith("ndax") else "xl/worksheets/sheet1.xml"
    refused_apart(_bomb(tmp_path / name, member, size))


@pytest.mark.long
def test_a_bomb_of_cells(tmp_path):
    """As many cells as the archive's bound lets in, and as many as the workbook's own does; none a measurement's."""
    from test_io_workbook import workbook

    row = "<row>" + "<c><v>1</v></c>" * 20 + "</row>"
    space = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    for rows in (130_000, 65_000):
        sheet = space + row * rows + "</sheetData></worksheet>"
        said = refused_apart(workbook(tmp_path / "cells.xlsx", {"Channel_1": sheet}))
        assert ("cells and spans" in said) == (rows > 100_000)


def _boundaries(raw: bytes, text: bool) -> list[int]:
    """Where parts of a file begin and end: lines of text, modules of an .mpr, blocks of anything else."""
    if text:
        at = [k + 1 for k, byte in enumerate(raw) if byte == 10]
    elif b"MODULE" in raw:
        starts = [k for k in range(len(raw)) if raw[k : k + 6] == b"MODULE"]
        at = [start + offset for start in starts for offset in (0, 6, 16, 41, 45, 57, 61, 65, 69, 100, 405, 1007)]
    else:
        at = [2**k for k in range(2, 24)] + [k * len(raw) // 60 for k in range(60)]
    return sorted({cut for near in at for cut in (near - 1, near, near + 1) if 0 < cut < len(raw)})


def _cut(real, tmp_path, name: str, most: int) -> None:
    raw = real(name).read_bytes()
    cuts = _boundaries(raw, b"\0" not in raw[:4000])
    for cut in cuts[:: max(1, len(cuts) // most)]:
        path = tmp_path / f"cut{real(name).suffix}"
        path.write_bytes(raw[:cut])
        try:
            reading = io.read(path)
        except DataError as error:
            assert "cut" in str(error)
        else:
            assert reading.record is not None or reading.spectra


def test_files_cut_at_their_boundaries(real, tmp_path, every_file):
    _cut(real, tmp_path, every_file, 6)


@pytest.mark.exhaustive
def test_files_cut_at_all_their_boundaries(real, tmp_path, every_file):
    _cut(real, tmp_path, every_file, 300)


def test_no_reader_unpickles():
    """Nothing under natron loads what could run code."""
    import natron

    words = ("import pickle", "from pickle", "allow_pickle=True", "pandas", "joblib", "dill", "shelve")
    for file in Path(natron.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not [word for word in words if word in text], file

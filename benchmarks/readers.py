"""Readers: how fast, beside yadg, galvani and fastnda, in one run.

    NATRON_PEER_YADG=/path/to/python NATRON_PEER_GALVANI=/path/to/python \\
        python benchmarks/readers.py [--data FOLDER] [--megabytes 120] [--yadg PYTHON] [--galvani PYTHON]

Large files are made of real ones: the block of rows of a GCPL .mpr and of its .mpt, and the records of an .ndax,
are repeated until the file is as large as wanted, time going on from one repetition to the next. The folder with
the real files is that of the tests (NATRON_TEST_DATA).

What is timed is the whole way from a path to values in memory, in turn, each in a process of its own: by its own
clock, and the processors' time over all its threads, which other work on the machine stretches less. Importing
and the first reading (of the small real file) are left out. natron hashes the file, checks it, and gives a record
with half steps, charge and cycles; galvani gives the packed rows as they stand; yadg gives a tree of arrays with
uncertainties; fastnda gives a table.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DATA = Path(os.environ.get("NATRON_TEST_DATA", HERE.parent / ".." / "shared" / "data")).resolve()
MPR, MPT, NDAX = "biologic/gcpl.pr_182.1.mpr", "biologic/gcpl.pr_182.1.mpt", "neware/test.ndax"
NDAX_ROWS = 700_000
_LOOP = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
{setup}
for line in sys.stdin:
    path = json.loads(line)
    begin, worked = time.perf_counter(), time.process_time()
    try:
        rows = read(path)
        print(json.dumps([time.perf_counter() - begin, time.process_time() - worked, rows]), flush=True)
    except Exception as error:
        print(json.dumps([None, None, type(error).__name__ + ": " + str(error)[:200]]), flush=True)
"""
_SETUPS = {
    "natron": "from natron import io\ndef read(p):\n    return len(io.read(p).record)",
    "fastnda": "import fastnda\ndef read(p):\n    return len(fastnda.read(p, cycle_mode='raw'))",
    "galvani": "from galvani.BioLogic import MPRfile, MPTfileCSV\n"
    "def read(p):\n    return len(MPRfile(p).data) if p.endswith('.mpr') else sum(1 for _ in MPTfileCSV(p)[0])",
    "yadg": "from yadg.extractors import extract\n"
    "def read(p):\n    t = extract(filetype='eclab.' + p[-3:], path=p)\n    return int(t['uts'].size)",
}
_MISSING = """{name} is left out: {why}.
  To have it beside: python -m venv FOLDER && FOLDER/bin/python -m pip install {name}
  and then {variable}=FOLDER/bin/python"""


class Reader:
    """A reader in a process of its own, asked one file at a time."""

    def __init__(self, python: str, setup: str) -> None:
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen(
            [python, "-c", _LOOP.format(setup=setup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=alone,
        )

    def __call__(self, path: Path) -> tuple[float | None, float | None, int | str]:
        """Seconds by the clock and of the processors, and rows; or None and why not."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(str(path)) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None, None, "it cannot be imported"
        line = self.process.stdout.readline()
        return tuple(json.loads(line)) if line else (None, None, "it cannot be imported")

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


def make_mpr(real: Path, made: Path, megabytes: float) -> None:
    """The real file with its block of rows repeated, time going on."""
    from galvani.BioLogic import MPRfile

    raw = real.read_bytes()
    file = MPRfile(str(real))
    (module,) = (m for m in file.modules if m["shortname"] == b"VMP data  ")
    rows = file.data.copy()
    block = rows.nbytes
    body, length = int(module["offset"]), int(module["length"])
    assert raw[body + length - block : body + length] == rows.tobytes()
    repeats = max(1, int(megabytes * 1e6 / block))
    many = np.tile(rows, repeats)
    span = float(rows["time/s"][-1] - rows["time/s"][0]) + 1.0
    many["time/s"] += span * np.repeat(np.arange(repeats), len(rows))
    head = bytearray(raw[:body])
    longer = length + block * (repeats - 1)
    at = body - 12 if raw[body - 24 : body - 20] == b"\xff\xff\xff\xff" else body - 16
    at = head.rfind(struct.pack("<I", length), body - 24)
    assert at > 0
    struct.pack_into("<I", head, at, longer)
    start = bytearray(raw[body : body + length - block])
    struct.pack_into("<I", start, 0, len(many))
    made.write_bytes(bytes(head) + bytes(start) + many.tobytes() + raw[body + length :])


def make_mpt(real: Path, made: Path, megabytes: float) -> None:
    """The real file with its lines of numbers repeated, time going on."""
    lines = real.read_bytes().decode("latin-1").splitlines()
    count = int(next(line.split(":")[1] for line in lines if line.startswith("Nb header lines")))
    names = lines[count - 1].split("\t")
    rows = [line.split("\t") for line in lines[count:] if line.strip()]
    place = names.index("time/s")
    times = np.array([float(row[place]) for row in rows])
    span = times[-1] - times[0] + 1.0
    before = ["\t".join(row[:place]) + "\t" for row in rows]
    after = ["\t" + "\t".join(row[place + 1 :]) + "\r\n" for row in rows]
    block = sum(map(len, before)) + sum(map(len, after)) + 22 * len(rows)
    with made.open("w", encoding="latin-1", newline="") as file:
        file.write("\r\n".join(lines[:count]) + "\r\n")
        for k in range(max(1, int(megabytes * 1e6 / block))):
            file.writelines(
                f"{b}{t:.15E}{a}" for b, t, a in zip(before, (times + k * span).tolist(), after, strict=True)
            )


def make_ndax(real: Path, made: Path, rows: int) -> None:
    """The real archive with the 4096-byte records of its data.ndc repeated, as often as gives `rows`."""
    import fastnda

    there = len(fastnda.read(real, cycle_mode="raw"))
    with zipfile.ZipFile(real) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as longer:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "data.ndc":
                content = content[:4096] + content[4096:] * round(rows / there)
            longer.writestr(name, content)


def compare(path: Path, readers: dict[str, Reader], small: Path, turns: int) -> None:
    """Median seconds of each reader for `path`, in turn, and their ratios; printed."""
    size = path.stat().st_size / 1e6
    print(f"{path.name}: {size:.0f} MB")
    clock: dict[str, list[float]] = {name: [] for name in readers}
    worked: dict[str, list[float]] = {name: [] for name in readers}
    counted: dict[str, int | str] = {}
    for reader in readers.values():
        reader(small)
    for _ in range(turns):
        for name, reader in readers.items():
            seconds, cpu, counted[name] = reader(path)
            if seconds is not None and cpu is not None:
                clock[name].append(seconds)
                worked[name].append(cpu)
    for name in readers:
        if not clock[name]:
            print(f"  {name:8s} {counted[name]}")
            continue
        wall, cpu = float(np.median(clock[name])), float(np.median(worked[name]))
        print(
            f"  {name:8s} {wall:8.3f} s {size / wall:7.1f} MB/s   processors {cpu:8.3f} s {size / cpu:7.1f} MB/s"
            f"   {counted[name]} rows"
        )
    for name in readers:
        if name != "natron" and clock[name] and clock["natron"]:
            ratios = [float(np.median(kept["natron"]) / np.median(kept[name])) for kept in (clock, worked)]
            print(f"  natron / {name:8s} {ratios[0]:.2f} by the clock, {ratios[1]:.2f} by processors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the real files")
    parser.add_argument("--megabytes", type=float, default=120.0, help="of the .mpr; half of it for the .mpt")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--yadg", default=os.environ.get("NATRON_PEER_YADG"))
    parser.add_argument("--galvani", default=os.environ.get("NATRON_PEER_GALVANI"))
    arguments = parser.parse_args()
    missing = [name for name in (MPR, MPT, NDAX) if not (arguments.data / name).is_file()]
    if missing:
        raise SystemExit(f"there is no {missing[0]} under {arguments.data}; see --data")
    pythons = {"natron": sys.executable, "yadg": arguments.yadg, "galvani": arguments.galvani}
    for name in ("yadg", "galvani"):
        if not pythons[name]:
            print(_MISSING.format(name=name, why="no Python is named", variable=f"NATRON_PEER_{name.upper()}"))
    readers = {name: Reader(python, _SETUPS[name]) for name, python in pythons.items() if python}
    fastnda = Reader(sys.executable, _SETUPS["fastnda"])
    with tempfile.TemporaryDirectory() as folder:
        mpr, mpt, ndax = (Path(folder) / f"repeated{ending}" for ending in (".mpr", ".mpt", ".ndax"))
        make_mpr(arguments.data / MPR, mpr, arguments.megabytes)
        compare(mpr, readers, arguments.data / MPR, arguments.turns)
        mpr.unlink()
        make_mpt(arguments.data / MPT, mpt, arguments.megabytes / 2)
        compare(mpt, {"natron": readers["natron"]}, arguments.data / MPT, arguments.turns)
        # the peers take minutes for the large one
        make_mpt(arguments.data / MPT, mpt, 4.0)
        compare(mpt, readers, arguments.data / MPT, 1)
        mpt.unlink()
        make_ndax(arguments.data / NDAX, ndax, NDAX_ROWS)
        pair = {"natron": readers["natron"], "fastnda": fastnda}
        compare(ndax, pair, arguments.data / NDAX, max(5, arguments.turns))
    for reader in (*readers.values(), fastnda):
        reader.close()


if __name__ == "__main__":
    main()

"""What is fuzzed: each reader, the circuit notation and the cell file, with their seeds and their mutations."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from seeds import WRITTEN, every_parquet, shortened, workbook

import natron.io
from natron.io import recognise
from natron.io.sidecar import Sidecar
from natron.io.source import open_source

Call = Callable[[bytes], object]
Mutate = Callable[[bytes, int], bytes]
Mutator = Callable[[bytes, int, int, Mutate], bytes]

NEXT_FILE = b"\n#####\n"
"""Parts a mapping or a sidecar from the table it is for, in an input of these targets."""
DIGEST = b"@SHA-256@"
"""Stands in a sidecar for the digest of its table, which no change of a byte would ever meet."""
MAX_SEED = 40_000
ODD = (
    *(b"1e308", b"-1e308", b"1e-320", b"1e30", b"-9.9e29", b"nan", b"-inf", b"0", b"-0", b"-1", b"1e19", b"9" * 400),
    *(b"9223372036854775807", b"-9223372036854775808", b"", b"-", b"+", b".", b"1,5", b"1.5.5", b"1e", b"0x1F", b"1d3"),
    *(b"12:30:01", b"99:99:99", b"1d 00:00:01", b"2024-01-01 10:00:00", b"2024-01-01T10:00:00+99:99", b"31.12.9999"),
    *(b"0001-01-01 00:00:00", b"9999-12-31 23:59:59.999999999", b'"', b"''", b"\0", b"\xb5A", "Ω".encode(), b"#", b"R"),
    *(b"null", b"true", b"[]", b"{}", b"1e-400", b"\xff\xfe", b"\r", b"\x1b[2J"),
)
"""What stands in a field of a table, or in a JSON or TOML value, where something has gone wrong."""
_ALL = recognise.FORMATS


@dataclass(frozen=True)
class Target:
    """Something that takes bytes from a stranger.

    Parameters
    ----------
    name : str
    call : callable
        What is done with the bytes; it returns or raises a NatronError.
    seeds : callable
        The inputs to begin from.
    words : tuple of str
        What the format is made of, for the dictionary.
    mutator : callable, optional
        Changes an input without breaking the frame around it: checksums and lengths.
    """

    name: str
    call: Call
    seeds: Callable[[], Iterator[bytes]]
    words: tuple[str, ...] = ()
    mutator: Mutator | None = None


def targets() -> dict[str, Target]:
    """Every target by its name, the readers under their modules' names."""
    found = {"circuit": Target("circuit", _circuit, lambda: iter(WRITTEN["circuit"]), _CIRCUIT_WORDS)}
    for reader in _ALL:
        module = _module(reader)
        name = module.__name__.rsplit(".", 1)[1]
        suffix = module.SUFFIXES[0] if module.SUFFIXES else ".txt"
        words = tuple(dict.fromkeys(column.vendor for column in getattr(module, "COLUMNS", ())))
        call = _reader(reader, suffix)
        target = Target(name, call, lambda n=name, r=reader, c=call: _seeds(n, r, c), words, _in_table)
        if name == "biologic_mpr":
            target = replace(target, mutator=_in_module, words=())
        if name == "arbin_workbook":
            target = replace(target, mutator=_in_archive, words=())
        if name == "neware":
            zipped = _reader(reader, ".ndax")
            seeds = lambda r=reader, c=zipped: _beginning(b"PK", "neware", r, c)  # noqa: E731
            found["ndax"] = Target("ndax", zipped, seeds, mutator=_in_archive)
            seeds = lambda r=reader, c=call: _beginning(b"NEWARE", "neware", r, c)  # noqa: E731
            target = Target("nda", call, seeds)
        if name == "bdf":
            table = _reader(reader, ".parquet")
            found["parquet"] = Target("parquet", table, lambda r=reader, c=table: _tables(r, c))
            target = replace(target, seeds=lambda r=reader, c=call: _beginning((b"T", b"t"), "bdf", r, c))
        if name == "zahner":
            target = replace(target, mutator=None)
        found[target.name] = target
    found["mapping"] = Target("mapping", _mapped, lambda: iter(WRITTEN["mapping"]), _MAPPING_WORDS, _in_table)
    found["sidecar"] = Target("sidecar", _beside, _sidecars, tuple(Sidecar.model_fields), _in_table)
    found["cell"] = Target("cell", _cell, _cells, _CELL_WORDS, _in_table)
    return found


def data_folder() -> Path:
    """Where the real instrument files are: NATRON_TEST_DATA, or `../shared/data` beside the project."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    return Path(os.environ.get("NATRON_TEST_DATA", beside))


def _module(reader: recognise.Format) -> ModuleType:
    return next(module for module in recognise._READERS if reader.name == module.NAME)


# --- what is called --------------------------------------------------------------------------------------------


def _circuit(data: bytes) -> object:
    from natron.eis import parse_circuit

    circuit = parse_circuit(data.decode("utf-8", errors="surrogateescape"))
    assert parse_circuit(str(circuit)) == circuit, "a circuit is not what its own text says"
    return circuit


def _cell(data: bytes) -> object:
    from natron.cell import parse_cell

    return parse_cell(data.decode("utf-8", errors="replace"))


def _reader(reader: recognise.Format, suffix: str) -> Call:
    """Reading with that reader alone: by its sniff, and by the extension where the content does not tell."""
    path = _scratch(suffix)

    def call(data: bytes) -> object:
        path.write_bytes(data)
        recognise.FORMATS = (reader,)
        return _checked(natron.io.read(path))

    return call


def _mapped(data: bytes) -> object:
    mapping, _, text = data.partition(NEXT_FILE)
    ours, theirs = _scratch(".toml"), _scratch(".txt")
    ours.write_bytes(mapping)
    theirs.write_bytes(text)
    return _checked(natron.io.read(theirs, mapping=ours))


def _beside(data: bytes) -> object:
    side, _, table = data.partition(NEXT_FILE)
    path = _scratch(".bdf.csv")
    path.write_bytes(table)
    path.with_name(path.name + ".json").write_bytes(side.replace(DIGEST, sha256(table).hexdigest().encode()))
    return _checked(natron.io.read(path))


def _checked(reading: natron.io.Reading) -> natron.io.Reading:
    assert reading.record is not None or reading.spectra, "nothing read, nothing said"
    return reading


def _scratch(suffix: str) -> Path:
    memory = Path("/dev/shm")
    folder = memory if memory.is_dir() else Path(tempfile.gettempdir())
    return folder / f"natron-fuzz-{os.getpid()}{suffix}"


# --- what it begins from ---------------------------------------------------------------------------------------


def _seeds(name: str, reader: recognise.Format, call: Call) -> Iterator[bytes]:
    """The seeds written for a reader, and the real files that are its, cut to a few kilobytes."""
    yield from WRITTEN.get(name, ())
    if name == "arbin_workbook":
        yield workbook()
    for path in sorted(data_folder().rglob("*")):
        if path.is_file() and path.suffix != ".md" and path.stat().st_size:
            source = open_source(path)
            first = next((form for form in _ALL if form.sniff(source)), None)
            if first is reader:
                yield from (seed for seed in shortened(source.raw, call) if len(seed) <= MAX_SEED)


def _beginning(marks: bytes | tuple[bytes, ...], name: str, reader: recognise.Format, call: Call) -> Iterator[bytes]:
    return (seed for seed in _seeds(name, reader, call) if seed.startswith(marks))


def _tables(reader: recognise.Format, call: Call) -> Iterator[bytes]:
    yield from every_parquet()
    yield from _beginning(b"PAR1", "bdf", reader, call)


def _sidecars() -> Iterator[bytes]:
    """What natron writes of the seeds of the Battery Data Format and of a spectrum."""
    path = _scratch(".txt")
    for data in (*WRITTEN["bdf"], *WRITTEN["chi"][:1], *WRITTEN["novonix"]):
        path.write_bytes(data)
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "a.bdf.csv"
            side = natron.io.write(natron.io.read(path), table)
            digest = sha256(table.read_bytes()).hexdigest().encode()
            yield side.read_bytes().replace(digest, DIGEST) + NEXT_FILE + table.read_bytes()


def _cells() -> Iterator[bytes]:
    from natron.cell import built_in_texts

    yield from (text.encode() for text in built_in_texts().values())


# --- how it is changed -----------------------------------------------------------------------------------------


def _in_table(data: bytes, limit: int, seed: int, mutate: Mutate) -> bytes:
    """One field or line of a text changed; two times in five bytes anywhere."""
    rng = random.Random(seed)
    lines = data.split(b"\n")
    kind = rng.random()
    at = rng.randrange(len(lines))
    if kind < 0.4:
        return mutate(data, limit)
    if kind < 0.8:
        fields = re.split(rb"([\t,; |=:]+)", lines[at])
        which = rng.randrange(0, len(fields), 2)
        field = fields[which]
        fields[which] = rng.choice(ODD) if rng.random() < 0.7 else mutate(field, 2 * len(field) + 16)
        lines[at] = b"".join(fields)
    elif kind < 0.87:
        del lines[at]
    elif kind < 0.94:
        lines[at:at] = lines[at : at + rng.randrange(1, 5)] * rng.randrange(1, 4)
    else:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    changed = b"\n".join(lines)
    return changed if len(changed) <= limit else mutate(data, limit)


def _in_archive(data: bytes, limit: int, seed: int, mutate: Mutate) -> bytes:
    """One file inside a zip changed and packed anew; one time in eight the archive's own bytes."""
    rng = random.Random(seed)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if not infos or sum(info.file_size for info in infos) > 4_000_000 or rng.random() < 0.125:
                return mutate(data, limit)
            parts = {info.filename: archive.read(info) for info in infos}
    except Exception:  # what a damaged archive raises is many things
        return mutate(data, limit)
    name = rng.choice(list(parts))
    kind = rng.random()
    if kind < 0.05:
        del parts[name]
    elif kind < 0.1:
        parts[rng.choice(list(parts))] = parts[name]
    else:
        parts[name] = mutate(parts[name], max(64, 2 * len(parts[name])))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, content in parts.items():
            archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue() if len(packed.getvalue()) <= limit else mutate(data, limit)


def _in_module(data: bytes, limit: int, seed: int, mutate: Mutate) -> bytes:
    """One module of an .mpr changed and its length set right; one time in four the file's own bytes."""
    rng = random.Random(seed)
    modules: list[tuple[bytes, bytes]] = []
    at = 52
    while data[at : at + 6] == b"MODULE" and len(data) >= at + 65:
        wide = data[at + 41 : at + 45] == b"\xff\xff\xff\xff"
        header, (length,) = 65 if wide else 57, struct.unpack_from("<I", data, at + (45 if wide else 41))
        modules.append((data[at : at + header], data[at + header : at + header + length]))
        at += header + length
    if not modules or rng.random() < 0.25:
        return mutate(data, limit)
    which = rng.randrange(len(modules))
    head, body = modules[which]
    # what a module is lies at its beginning: the columns, the widths, the settings
    split = rng.choice((8, 64, 512, len(body)))
    body = mutate(body[:split], max(16, split + 64)) + body[split:]
    field = 45 if len(head) == 65 else 41
    modules[which] = head[:field] + struct.pack("<I", len(body)) + head[field + 4 :], body
    changed = data[:52] + b"".join(head + body for head, body in modules)
    return changed if len(changed) <= limit else mutate(data, limit)


_CIRCUIT_WORDS = (
    "p(",
    "-",
    ",",
    ")",
    "R0",
    "R1",
    "CPE1",
    "C1",
    "L0",
    "W1",
    "Wo1",
    "Ws1",
    "Wo",
    "ZARC",
    "G1",
    "Gs1",
    "La1",
)
_MAPPING_WORDS = (
    *(
        "delimiter",
        "decimal",
        "current",
        "charge positive",
        "discharge positive",
        "columns",
        "column",
        "unit",
        "factor",
    ),
    *("Test Time / s", "Voltage / V", "Current / A", "Frequency / Hz", "Real Impedance / ohm", "Unix Time / s"),
    *("Imaginary Impedance / ohm", "Cycle Count / 1", "State", "mA", "mV", "min", NEXT_FILE.decode().strip()),
)
_CELL_WORDS = ("µm", "mAh/cm²", "mS/cm", "°C", "±", "value", "origin", "assumed", "[[", "]]", "separator", "material")

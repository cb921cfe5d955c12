"""A sweep as a person writes it: a TOML file, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from natron.core import InputError, Quantity, QuantityError, did_you_mean, read_quantity
from natron.core.schema import Part, parse_toml, validate
from natron.sweep.sampling import METHODS, Array, Range, Values, Varied, sample
from natron.sweep.subjects import Subject, payload, subject


class _Sample(Part):
    method: str = Field("monte-carlo", description="how points are chosen")
    points: int = Field(1000, description="how many, but for a grid")
    seed: int = Field(1, description="of what is drawn")


class _Pareto(Part):
    maximise: tuple[str, ...] = ()
    minimise: tuple[str, ...] = ()


class _File(Part):
    command: str = Field(description="what is swept: design, simulate, spectra, predict ccd, constriction")
    cell: str | None = Field(None, description="a built-in cell or a cell file")
    outputs: tuple[str, ...] = ()
    sample: _Sample = Field(default_factory=_Sample)
    vary: dict[str, Any] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    pareto: _Pareto | None = None


@dataclass(frozen=True)
class Spec:
    """A sweep, ready to run.

    Attributes
    ----------
    title : str
        Command and cell.
    command : str
    payload : str
        Plain data of the subject; see `natron.sweep.subjects`.
    varied : Mapping[str, Varied]
        What varies, and how.
    outputs : Mapping[str, str]
        What is kept of each point, with kinds.
    method : str
    points, seed : int
    maximise, minimise : tuple of str
        Of the Pareto front; empty where none is asked for.
    """

    title: str
    command: str
    payload: str
    varied: Mapping[str, Varied]
    outputs: Mapping[str, str]
    method: str
    points: int
    seed: int
    maximise: tuple[str, ...] = ()
    minimise: tuple[str, ...] = ()

    @property
    def subject(self) -> Subject:
        """What is swept."""
        return subject(self.payload)

    def sample(self) -> Array:
        """Its points, shape (N, parameters), SI."""
        return sample(self.varied, self.method, self.points, self.seed)


def load_spec(path: str | Path) -> Spec:
    """A sweep from a TOML file; a cell file or a protocol it names is looked for beside it.

    Raises
    ------
    InputError
        Where it is no sweep: where, what was given, what is allowed.
    """
    from natron.io.descriptions import read_description

    return parse_spec(read_description(path, raises=InputError), file=str(path), folder=Path(path).parent)


def parse_spec(text: str, *, file: str | None = None, folder: Path = Path()) -> Spec:
    """A sweep from TOML text.

    Parameters
    ----------
    text : str
    file : str, optional
        Its name, for messages.
    folder : Path
        Where the files that it names lie.

    Raises
    ------
    InputError
    """
    raw = parse_toml(text, file=file, raises=InputError)
    found = validate(_File, raw, file=file, raises=InputError)
    try:
        return _spec(found, folder)
    except InputError as error:
        raise error.at(file=file) from error


def _spec(found: _File, folder: Path) -> Spec:
    if found.sample.method not in METHODS:
        raise InputError(
            "there is no such way to choose points", key="sample.method", given=found.sample.method,
            allowed=", ".join(METHODS), hint=did_you_mean(found.sample.method, METHODS),
        )  # fmt: skip
    cell, name = _cell_text(found.cell, folder)
    options = dict(found.options)
    protocol = options.get("protocol")
    if isinstance(protocol, str) and protocol.endswith(".toml"):
        from natron.io.descriptions import read_description

        options["protocol_text"] = read_description(folder / protocol, raises=InputError)
    plain = payload(found.command, cell, options)
    of = subject(plain)
    outputs = dict(of.outputs)
    if found.outputs:
        outputs = {one: of.outputs[_known("outputs", one, of.outputs)] for one in found.outputs}
    wanted = found.pareto or _Pareto()
    for key in ("maximise", "minimise"):
        for one in getattr(wanted, key):
            _known(f"pareto.{key}", one, outputs)
    if found.pareto is not None and len({*wanted.maximise, *wanted.minimise}) < 2:
        raise InputError("a Pareto front needs two outputs", key="pareto", allowed='maximise = ["…"], minimise = ["…"]')
    if both := sorted({*wanted.maximise} & {*wanted.minimise}):
        raise InputError("an output can be maximised or minimised, not both", key="pareto", given=", ".join(both))
    varied = _varied(found, of)
    return Spec(
        f"{found.command} {name}".strip(), found.command, plain, varied, outputs, found.sample.method,
        found.sample.points, found.sample.seed, wanted.maximise, wanted.minimise,
    )  # fmt: skip


def _cell_text(name: str | None, folder: Path) -> tuple[str | None, str]:
    """The cell file's text, and the cell's name."""
    if name is None:
        return None, ""
    from natron.cell import built_in_texts
    from natron.io.descriptions import load_cell, read_description

    if name in built_in_texts():
        text = built_in_texts()[name]
    elif (folder / name).is_file():
        text = read_description(folder / name)
    else:
        load_cell(name)  # which says what is wrong with it
        text = read_description(name)
    return text, name


def _known(key: str, name: str, known: Mapping[str, Any]) -> str:
    if name not in known:
        raise InputError(
            "there is no such output", key=key, given=name, allowed=", ".join(known), hint=did_you_mean(name, known)
        )
    return name


def _varied(found: _File, of: Subject) -> dict[str, Varied]:
    uncertain = {name: q for name, q in of.parameters.items() if q.standard_uncertainty}
    told = dict(_flat(found.vary))
    if not told:
        if found.sample.method == "grid":
            raise InputError("a grid needs to know what varies", key="vary", allowed="one parameter or more")
        if not uncertain:
            raise InputError("nothing here is uncertain, so say what varies", key="vary")
        return dict(uncertain)
    varied: dict[str, Varied] = {}
    for name, how in told.items():
        if name not in of.parameters:
            raise InputError(
                "there is no such parameter", key=f"vary.{name}", given=name,
                hint=did_you_mean(name, of.parameters) or "natron sweep SPEC.toml --parameters lists them.",
            )  # fmt: skip
        varied[name] = _how(name, how, of.parameters[name])
    return varied


def _flat(tables: Mapping[str, Any], way: str = "") -> list[tuple[str, Any]]:
    """``separator.thickness = …`` written with or without quotes is one parameter."""
    found: list[tuple[str, Any]] = []
    for key, value in tables.items():
        name = f"{way}{key}"
        if isinstance(value, Mapping) and not {"from", "to", "values", "value"} & set(value):
            found += _flat(value, f"{name}.")
        else:
            found.append((name, value))
    return found


_RANGE_KEYS = ("from", "to", "steps", "scale")


def _how(name: str, how: Any, nominal: Quantity) -> Varied:
    key = f"vary.{name}"
    try:
        if how is True:
            if not nominal.standard_uncertainty:
                raise InputError("this has no uncertainty of its own", allowed='such as "30 ± 3 µm", or from and to')
            return nominal
        if isinstance(how, Mapping) and "values" in how:
            if len(how) > 1 or not isinstance(how["values"], list) or not how["values"]:
                raise InputError("values are a list, and stand alone", allowed='{ values = ["20 µm", "30 µm"] }')
            return Values(tuple(read_quantity(one, nominal.kind).value for one in how["values"]))
        if isinstance(how, Mapping) and {"from", "to"} <= set(how):
            return _range(how, nominal)
        quantity = read_quantity(how, nominal.kind)
    except QuantityError as error:
        raise error.at(key=key) from error
    except InputError as error:
        raise error.at(key=key) from error
    if not quantity.standard_uncertainty:
        raise InputError(
            "this does not vary", key=key, given=how,
            allowed='{ from = "20 µm", to = "60 µm" }, { values = [ … ] }, "30 ± 3 µm", or true for its own ±',
        )  # fmt: skip
    return quantity


def _range(how: Mapping[str, Any], nominal: Quantity) -> Range:
    for word in how:
        if word not in _RANGE_KEYS:
            raise InputError(f'unknown key "{word}"', hint=did_you_mean(word, _RANGE_KEYS))
    low, high = (read_quantity(how[end], nominal.kind).value for end in ("from", "to"))
    steps = how.get("steps")
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 2):
        raise InputError("a range has two steps or more", given=steps)
    scale = how.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise InputError("this is no scale", given=scale, allowed="linear, log")
    if low == high or (scale == "log" and not (low > 0 and high > 0)):
        raise InputError(
            "these ends make no range", given=f"{how['from']} to {how['to']}", allowed="two different ends"
        )
    return Range(low, high, steps, scale == "log")

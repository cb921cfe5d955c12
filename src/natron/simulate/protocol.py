"""What is done to a cell, as data: steps, loops, cut-offs; from TOML, from PyBaMM's strings, or built in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Literal, cast, get_args

import numpy as np

from natron.core import InputError, Quantity, QuantityError, did_you_mean, parse_quantity, shorten

Kind = Literal["current", "hold", "rest", "impedance"]
CellRate = Literal["formation", "cycling"]
"""A rate that the cell file gives, under `measured`; else the one it is operated at."""

MOST_STEPS = 100_000
"""Steps a protocol may come to with its loops unrolled."""

LONGEST_STEP_S = 100 * 365.25 * 86400
"""A century: steps of ages are slips of a unit, and no solver comes to their end."""

_KEYS = ("charge", "discharge", "rest", "hold", "impedance", "until", "every", "repeat", "steps", "ladder", "pybamm")
_SPECTRUM_KEYS = ("from", "to", "points", "net_charge")


@dataclass(frozen=True, slots=True)
class Sweep:
    """Frequencies of an impedance step, and the charge that its recording passes.

    Attributes
    ----------
    highest_Hz, lowest_Hz : float
    points : int
        Evenly spread over log f.
    net_charge_C_m2 : float
        Of the whole recording, positive = charging.
    """

    highest_Hz: float = 1e6
    lowest_Hz: float = 0.1
    points: int = 60
    net_charge_C_m2: float = 0.0

    @property
    def frequencies_Hz(self) -> np.ndarray:
        """From the highest down, shape (points,)."""
        return np.geomspace(self.highest_Hz, self.lowest_Hz, self.points)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes
    ----------
    kind : str
        ``current``, ``hold`` (of a voltage), ``rest`` or ``impedance``.
    rate : Quantity, str or None
        Current density or C-rate, its amount, or the name of one in the cell file; of a hold the one to end at.
    sign : int
        1 charges, −1 discharges, 0 neither.
    voltage_V : float or None
        To end at, or to hold.
    duration_s, capacity_C_m2 : float or None
        To end at.
    capacity_share : float or None
        To end at, of the cell's accessible capacity.
    sweep : Sweep or None
    every : int
        In a loop: run in every so many passes only.
    """

    kind: Kind
    rate: Quantity | CellRate | None = None
    sign: int = 0
    voltage_V: float | None = None
    duration_s: float | None = None
    capacity_C_m2: float | None = None
    capacity_share: float | None = None
    sweep: Sweep | None = None
    every: int = 1

    @property
    def passes_told_charge(self) -> bool:
        """Whether it ends by itself at a time or a charge, whatever the voltage does."""
        return any(end is not None for end in (self.duration_s, self.capacity_C_m2, self.capacity_share))

    def __str__(self) -> str:
        ends = [f"{self.voltage_V:g} V"] if self.voltage_V is not None and self.kind == "current" else []
        ends += [f"{self.duration_s:g} s"] if self.duration_s is not None else []
        ends += [f"{self.capacity_C_m2 / 36e3:g} mAh/cm²"] if self.capacity_C_m2 is not None else []
        ends += [f"{100 * self.capacity_share:g} %"] if self.capacity_share is not None else []
        if self.kind == "rest":
            return f"rest for {self.duration_s:g} s"
        if self.kind == "impedance":
            assert self.sweep is not None
            return f"impedance, {self.sweep.highest_Hz:g} to {self.sweep.lowest_Hz:g} Hz"
        if self.kind == "hold":
            return f"hold {self.voltage_V:g} V until {' or '.join([str(self.rate), *ends] if self.rate else ends)}"
        word = "charge" if self.sign > 0 else "discharge"
        at = f"the {self.rate} current" if isinstance(self.rate, str) else self.rate
        return f"{word} at {at}" + (f" until {' or '.join(ends)}" if ends else "")


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps passed through several times."""

    steps: tuple[Step | Loop, ...]
    times: int


@dataclass(frozen=True, slots=True)
class Protocol:
    """Steps and loops under a name.

    Attributes
    ----------
    name, title : str
    steps : tuple of Step and Loop
    note : str
    """

    name: str
    steps: tuple[Step | Loop, ...]
    title: str = ""
    note: str = ""

    def unrolled(self) -> tuple[tuple[int, Step], ...]:
        """Every step in the order it is run, with its index (from 1) in the protocol as written."""
        index = {id(step): place for place, step in enumerate(_leaves(self.steps), 1)}
        return tuple((index[id(step)], step) for step in _run_order(self.steps))


def _leaves(steps: Sequence[Step | Loop]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Loop):
            yield from _leaves(step.steps)
        else:
            yield step


def _run_order(steps: Sequence[Step | Loop], turn: int = 0) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Loop):
            for i in range(1, step.times + 1):
                yield from _run_order(step.steps, i)
        elif turn % step.every == 0:
            yield step


def parse_protocol(text: str, *, name: str = "protocol", file: str | None = None) -> Protocol:
    """A protocol from TOML.

    Parameters
    ----------
    text : str
        ``[[step]]`` tables: ``charge`` or ``discharge`` (a current density or C-rate, or the cell file's own
        ``formation`` or ``cycling``) with ``until`` (a voltage, a time, an areal capacity, a share of the cell's
        capacity, or a list of them), ``rest`` (a time), ``hold`` (a voltage) with ``until`` (a current density or
        C-rate, a time), ``impedance`` (true, or a table of ``from``, ``to``, ``points``, ``net_charge``), ``repeat``
        with ``steps``, ``ladder`` (``from``, ``to``, ``by``: a charge and a discharge at each current), ``pybamm``
        (one of PyBaMM's own strings). ``every = 10`` runs a step in each tenth pass of its loop.

    Raises
    ------
    InputError
        Where the text is no protocol; says where.
    """
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"this is not TOML: {error}", file=file) from error
    for key in raw:
        if key not in ("name", "title", "note", "step"):
            raise InputError(
                "unknown key", file=file, key=key, hint=did_you_mean(key, ("name", "title", "note", "step"))
            )
    entries = raw.get("step")
    if not isinstance(entries, list) or not entries:
        raise InputError("a protocol has steps", file=file, allowed="[[step]] tables")
    try:
        steps = _steps(entries, "step")
    except InputError as error:
        raise error.at(file=file) from error
    if _count(steps) > MOST_STEPS:
        raise InputError(
            "this protocol has too many steps", file=file, given=_count(steps), allowed=f"up to {MOST_STEPS}"
        )
    return Protocol(str(raw.get("name", name)), steps, str(raw.get("title", "")), str(raw.get("note", "")))


def _count(steps: Sequence[Step | Loop]) -> int:
    """Steps with the loops unrolled."""
    return sum(_count(s.steps) * s.times if isinstance(s, Loop) else 1 for s in steps)


def _steps(entries: Sequence[Any], where: str) -> tuple[Step | Loop, ...]:
    found: list[Step | Loop] = []
    for i, entry in enumerate(entries, 1):
        place = f"{where} {i}"
        if isinstance(entry, str):
            found.append(pybamm_step(entry, place))
            continue
        if not isinstance(entry, Mapping):
            raise InputError("a step is a table, or one of PyBaMM's strings", key=place, given=entry)
        for key in entry:
            if key not in _KEYS:
                raise InputError("unknown key", key=f"{place}: {key}", hint=did_you_mean(str(key), _KEYS))
        if "repeat" in entry:
            times = _whole(entry["repeat"], f"{place}: repeat")
            inner = entry.get("steps")
            if not isinstance(inner, list) or not inner:
                raise InputError("a loop has steps", key=place, allowed="repeat = 70 and steps = [ … ]")
            found.append(Loop(_steps(inner, f"{place}, step"), times))
        elif "ladder" in entry:
            found += _ladder(entry, place)
        else:
            found.append(_step(entry, place))
    return tuple(found)


def _whole(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_STEPS:
        raise InputError("this is a whole number of 1 or more", key=place, given=value, allowed=f"1 to {MOST_STEPS}")
    return value


def _step(entry: Mapping[str, Any], place: str) -> Step:
    doing = [key for key in ("charge", "discharge", "rest", "hold", "impedance", "pybamm") if key in entry]
    if len(doing) != 1:
        raise InputError(
            "a step does one thing", key=place, given=", ".join(doing) or "nothing",
            allowed="charge, discharge, rest, hold, impedance, pybamm, repeat or ladder",
        )  # fmt: skip
    every = _whole(entry.get("every", 1), f"{place}: every")
    what, value = doing[0], entry[doing[0]]
    if what == "pybamm":
        return replace(pybamm_step(value, place), every=every)
    if what == "rest":
        return Step("rest", duration_s=_positive(value, "duration", place), every=every)
    if what == "impedance":
        return Step("impedance", sweep=_sweep(value, place), every=every)
    if what == "hold":
        step = Step("hold", voltage_V=_parse(value, "potential", place).value, every=every)
        return _until(step, entry.get("until"), place)
    rate = _rate(value, place)
    step = Step("current", rate=rate, sign=1 if what == "charge" else -1, every=every)
    return _until(step, entry.get("until"), place)


def _parse(value: object, kind: str, place: str) -> Quantity:
    try:
        return parse_quantity(str(value), kind)
    except QuantityError as error:
        raise error.at(key=place) from error


def _positive(value: object, kind: str, place: str) -> float:
    found = _parse(value, kind, place)
    if not found.value > 0:
        raise InputError("this must be above 0", key=place, given=value)
    if kind == "duration" and found.value > LONGEST_STEP_S:
        raise InputError("a step does not last so long", key=place, given=value, allowed="up to a century")
    return found.value


def _rate(value: object, place: str) -> Quantity | CellRate:
    if value in get_args(CellRate):
        return cast("CellRate", value)
    for kind in ("c_rate", "current_density"):
        try:
            found = parse_quantity(str(value), kind)
        except QuantityError:
            continue
        if not found.value > 0:
            raise InputError("a rate is above 0; charge and discharge say its sign", key=place, given=value)
        return found
    raise InputError(
        "this is not a rate",
        key=place,
        given=value,
        allowed='"0.5 mA/cm²", "C/10", or the cell file\'s own: formation, cycling',
    )


def _until(step: Step, raw: object, place: str) -> Step:
    ends = raw if isinstance(raw, list) else [] if raw is None else [raw]
    for end in ends:
        step = _ending(step, str(end), f"{place}: until")
    if step.kind == "hold" and step.rate is None and step.duration_s is None:
        raise InputError("a hold needs an end", key=place, allowed='until = "C/50", or a time')
    return step


def _ending(step: Step, text: str, place: str) -> Step:
    if "%" in text and step.kind == "current":
        return replace(step, capacity_share=_positive(text, "share", place))
    for kind in ("potential", "duration", "areal_capacity"):
        try:
            value = parse_quantity(text, kind).value
        except QuantityError:
            continue
        if step.kind == "hold" and kind != "duration":
            break
        if kind == "potential":
            return replace(step, voltage_V=value)
        value = _positive(text, kind, place)
        return replace(step, duration_s=value) if kind == "duration" else replace(step, capacity_C_m2=value)
    if step.kind == "hold":
        return replace(step, rate=_rate(text, place))
    raise InputError(
        "this is no end of a step", key=place, given=text, allowed='"3.8 V", "2 h", "0.25 mAh/cm²" or "50 %"'
    )


def _sweep(value: object, place: str) -> Sweep:
    if value is True:
        return Sweep()
    if not isinstance(value, Mapping):
        raise InputError(
            "an impedance step is true, or a table", key=place, given=value, allowed=", ".join(_SPECTRUM_KEYS)
        )
    for key in value:
        if key not in _SPECTRUM_KEYS:
            raise InputError("unknown key", key=f"{place}: {key}", hint=did_you_mean(str(key), _SPECTRUM_KEYS))
    high = _positive(value.get("from", "1 MHz"), "frequency", place)
    low = _positive(value.get("to", "0.1 Hz"), "frequency", place)
    points = _whole(value.get("points", 60), f"{place}: points")
    if not low < high or points < 2:
        raise InputError(
            "a sweep goes from a high frequency to a low one, in 2 points or more", key=place,
            given=f"{high:g} to {low:g} Hz in {points}",
        )  # fmt: skip
    return Sweep(high, low, points, _signed_capacity(str(value.get("net_charge", "0 mAh/cm²")), place))


def _signed_capacity(text: str, place: str) -> float:
    negative = text.strip().startswith(("-", "−"))
    value = _parse(text.strip().lstrip("-−"), "areal_capacity", place).value
    return -value if negative else value


def _ladder(entry: Mapping[str, Any], place: str) -> list[Step | Loop]:
    table = entry["ladder"]
    if not isinstance(table, Mapping) or set(table) != {"from", "to", "by"}:
        raise InputError(
            "a ladder is a table", key=place, given=shorten(table), allowed="from, to and by, each a current density"
        )
    low, high, by = (_positive(table[key], "current_density", place) for key in ("from", "to", "by"))
    count = round((high - low) / by) + 1
    if not 1 <= count <= MOST_STEPS // 2:
        raise InputError("this ladder has no steps, or too many", key=place, given=count)
    steps: list[Step | Loop] = []
    for i in range(count):
        rate = Quantity(low + i * by, None, "current_density")
        for sign in (1, -1):
            step = _until(Step("current", rate=rate, sign=sign), entry.get("until"), place)
            if not step.passes_told_charge:
                raise InputError(
                    "a ladder's half steps need an end", key=place, allowed='until = "5 min" or "0.25 mAh/cm²"'
                )
            # the limit of a symmetric cell holds for both signs
            steps.append(replace(step, voltage_V=None if step.voltage_V is None else sign * abs(step.voltage_V)))
    return steps


def first_cycles(protocol: Protocol, count: int) -> Protocol:
    """The protocol up to the end of its `count`-th pair of a charge and a discharge (or a discharge and a charge).

    Raises
    ------
    InputError
        Where it has fewer.
    """
    taken: list[Step | Loop] = []
    signs: list[int] = []
    for _, step in protocol.unrolled():
        taken.append(step)
        if step.kind == "current" and (not signs or signs[-1] != step.sign):
            signs.append(step.sign)
        # the pair is over where a third sign begins
        if len(signs) > 2 * count:
            return replace(protocol, steps=tuple(taken[:-1]))
    if len(signs) < 2 * count or count < 1:
        raise InputError(
            "this protocol has no such cycle", given=count, allowed=f"1 to {len(signs) // 2}", key=protocol.name
        )
    return replace(protocol, steps=tuple(taken))


def pybamm_step(text: object, place: str = "step") -> Step:
    """One of PyBaMM's strings as a step: ``Charge at C/10 until 3.8 V``, ``Rest for 1 hour``.

    Currents in ampere need the electrode's area and are refused.

    Raises
    ------
    InputError
    """
    from natron.simulate.backend import pybamm

    try:
        found = pybamm().step.string(str(text))
    except Exception as error:
        raise InputError(
            "this is neither a table nor one of PyBaMM's strings", key=place, given=text,
            allowed='such as "Discharge at C/10 until 2.6 V"', hint=str(error).splitlines()[0][:120],
        ) from error  # fmt: skip
    kind = type(found).__name__
    duration = None if re.search(r"\bfor\b", str(text)) is None else float(found.duration)
    if kind == "CRate":
        value = float(found.value)
        rate = Quantity(abs(value) / 3600, None, "c_rate")
        step = Step("current", rate=rate, sign=-1 if value > 0 else 1, duration_s=duration)
        if value == 0:
            step = Step("rest", duration_s=duration)
    elif kind == "Voltage":
        step = Step("hold", voltage_V=float(found.value), duration_s=duration)
    elif kind == "Rest":
        step = Step("rest", duration_s=duration)
    else:
        raise InputError(
            "of PyBaMM's strings those with a C-rate, a voltage or a rest can be run", key=place, given=text,
            hint='Write a current per area instead: charge = "0.5 mA/cm²".',
        )  # fmt: skip
    if step.kind == "rest" and step.duration_s is None:
        raise InputError("a rest needs its time", key=place, given=text, allowed='"Rest for 1 hour"')
    for end in found.termination:
        name = type(end).__name__
        if name == "VoltageTermination" and step.kind == "current":
            step = replace(step, voltage_V=float(end.value))
        elif name == "CRateTermination" and step.kind == "hold":
            step = replace(step, rate=Quantity(float(end.value) / 3600, None, "c_rate"))
        else:
            raise InputError("this end of a step cannot be run", key=place, given=text)
    if step.kind == "hold" and step.rate is None and step.duration_s is None:
        raise InputError("a hold needs an end", key=place, given=text)
    return step


def built_in_protocols() -> dict[str, str]:
    """TOML texts of the protocols that ship with natron, by name."""
    folder = resources.files("natron.simulate") / "protocols"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda item: item.name)
        if entry.name.endswith(".toml")
    }


def built_in_protocol(name: str) -> Protocol:
    """A protocol that ships with natron.

    Raises
    ------
    InputError
        Where there is none of that name; names the nearest.
    """
    texts = built_in_protocols()
    if name not in texts:
        raise InputError("no built-in protocol has this name", given=name, hint=did_you_mean(name, texts))
    return parse_protocol(texts[name], name=name, file=name)

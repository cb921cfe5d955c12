"""What can be swept: for each command its parameters, its outputs, and how many points at once become numbers.

A subject is made from plain data, so that any process on any machine makes the same one: the cell's text, not its file.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, NatronError, Quantity, RangeWarning, did_you_mean, parse_quantity

Array = NDArray[np.float64]
Points = Mapping[str, Array]
Found = tuple[Mapping[str, Array], dict[int, str]]
"""Outputs by name, shape (N,), and by point why it has none."""


@dataclass(frozen=True)
class Subject:
    """A command as a function of many points.

    Attributes
    ----------
    parameters : Mapping[str, Quantity]
        What can vary, with its nominal value and uncertainty.
    outputs : Mapping[str, str]
        What comes out, with the kind of each.
    at_once : bool
        Whether many points cost little more than one.
    evaluate : callable
        From parameters (SI, each of shape (N,)) to outputs; those not given are nominal.
    """

    parameters: Mapping[str, Quantity]
    outputs: Mapping[str, str]
    at_once: bool
    evaluate: Callable[[Points], Found]


def payload(command: str, cell: str | None, options: Mapping[str, Any]) -> str:
    """The plain data of a subject.

    Parameters
    ----------
    command : str
        Of `COMMANDS`.
    cell : str or None
        The cell file's text.
    options : Mapping
        Of the command.
    """
    return json.dumps({"command": command, "cell": cell, "options": dict(options)}, sort_keys=True)


@lru_cache(maxsize=8)
def subject(plain: str) -> Subject:
    """The subject that `payload` described.

    Raises
    ------
    InputError
        Where there is no such command or option, or the cell does not fit it.
    """
    given = json.loads(plain)
    if given["command"] not in COMMANDS:
        raise InputError(
            "this command cannot be swept", key="command", given=given["command"], allowed=", ".join(COMMANDS),
            hint=did_you_mean(given["command"], COMMANDS),
        )  # fmt: skip
    make, known = COMMANDS[given["command"]]
    for name, value in given["options"].items():
        if name not in known:
            raise InputError(
                f"{given['command']} has no such option in a sweep", key=f"options.{name}",
                allowed=", ".join(known) or "none", hint=did_you_mean(name, known) if known else None,
            )  # fmt: skip
        fits, words = known[name]
        if not fits(value):
            raise InputError("this option takes something else", key=f"options.{name}", given=value, allowed=words)
    if given["cell"] is None and given["command"] != "constriction":
        raise InputError("this command needs a cell", key="cell", allowed="a built-in cell or a cell file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RangeWarning)
        return make(given["cell"], given["options"])


def one_by_one(evaluate_one: Callable[[dict[str, float]], Mapping[str, float]], outputs: Mapping[str, str]) -> Any:
    """An `evaluate` for a command that takes one point at a time; a point it refuses has a reason instead."""

    def evaluate(points: Points) -> Found:
        count = len(next(iter(points.values())))
        found = {name: np.full(count, np.nan) for name in outputs}
        reasons: dict[int, str] = {}
        for i in range(count):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    got = evaluate_one({name: float(values[i]) for name, values in points.items()})
            except (NatronError, ArithmeticError, ValueError) as error:
                reasons[i] = str(error)
                continue
            for name, value in got.items():
                found[name][i] = value
        return found, reasons

    return evaluate


# --- the commands ---------------------------------------------------------------------------------------


def _cell(text: str | None) -> Any:
    from natron.cell import parse_cell

    assert text is not None
    return parse_cell(text, file="the sweep's cell")


def _design(cell: str | None, options: Mapping[str, Any]) -> Subject:
    """Figures of a cell: one relation, evaluated on whole arrays."""
    from natron.design import FIGURE_KINDS, physical, stack_model

    basis = _word("basis", options.get("basis", "theoretical"), ("theoretical", "measured"))
    model = stack_model(_cell(cell), basis, consistent=bool(options.get("consistent", False)))
    nominal = {name: q.value for name, q in model.inputs.items()}
    outputs = {name: kind for name, kind in FIGURE_KINDS.items() if name in model(nominal)}

    def evaluate(points: Points) -> Found:
        count = len(next(iter(points.values())))
        with np.errstate(all="ignore"):
            out = model({**nominal, **points})
            fits = np.broadcast_to(np.asarray(physical(out)), count)
        found = {name: np.where(fits, np.broadcast_to(np.asarray(out[name], float), count), np.nan) for name in outputs}
        return found, {int(i): "these numbers do not make a cell" for i in np.flatnonzero(~fits)}

    return Subject(model.inputs, outputs, True, evaluate)


def _with_values(of: Any, point: Mapping[str, float]) -> Any:
    """Model parameters with other numbers, checked as a user's are."""
    from natron.core import check_range

    changed = {name: check_range(replace(of.values[name], value=value)) for name, value in point.items()}
    return replace(of, values={**of.values, **changed})


def _simulate(cell: str | None, options: Mapping[str, Any]) -> Subject:
    """A protocol run on a cell: what its last cycle gave."""
    from natron.cycling import analyse
    from natron.simulate import built_in_protocol, built_in_protocols, model_parameters, parse_protocol, run

    described = _cell(cell)
    of = model_parameters(described, off=tuple(options.get("off", ())))
    name = str(options.get("protocol", "discharge"))
    if "protocol_text" in options:
        plan = parse_protocol(options["protocol_text"], name=name)
    else:
        plan = built_in_protocol(_word("protocol", name, tuple(built_in_protocols())))
    outputs = {
        "areal_charge_capacity": "areal_capacity",
        "areal_discharge_capacity": "areal_capacity",
        "mean_charge_voltage": "potential",
        "mean_discharge_voltage": "potential",
        "coulombic_efficiency": "fraction",
        "energy_efficiency": "fraction",
        "final_voltage": "potential",
    }

    def evaluate_one(point: dict[str, float]) -> dict[str, float]:
        result = run(_with_values(of, point), plan)
        if not result.completed:
            raise NatronError(result.message)
        area = result.parameters.area_m2
        found = {"final_voltage": float(result.record.voltage_V[-1])}
        cycles = analyse(result.record).cycles
        if cycles:
            last = cycles[-1]
            given = {
                "areal_charge_capacity": _per_area(last.charge_capacity_Ah, area),
                "areal_discharge_capacity": _per_area(last.discharge_capacity_Ah, area),
                "mean_charge_voltage": last.mean_charge_voltage_V,
                "mean_discharge_voltage": last.mean_discharge_voltage_V,
                "coulombic_efficiency": last.coulombic_efficiency,
                "energy_efficiency": last.energy_efficiency,
            }
            found |= {key: value for key, value in given.items() if value is not None}
        return found

    return Subject(of.values, outputs, False, one_by_one(evaluate_one, outputs))


def _per_area(capacity_Ah: float | None, area_m2: float) -> float | None:
    return None if capacity_Ah is None else capacity_Ah * 3600 / area_m2


def _spectra(cell: str | None, options: Mapping[str, Any]) -> Subject:
    """The impedance of a cell at rest: real and imaginary part times area at each frequency asked for."""
    from natron.simulate import model_parameters, spectrum

    of = model_parameters(_cell(cell), off=tuple(options.get("off", ())))
    asked = options.get("frequencies", ["100 kHz", "1 kHz", "10 Hz", "0.1 Hz"])
    frequencies = {str(text): _quantity("options.frequencies", text, "frequency") for text in asked}
    share = None if "soc" not in options else _quantity("options.soc", options["soc"], "share")
    f = np.array(sorted(frequencies.values(), reverse=True))
    if not len(f) or not (f > 0).all() or len(set(f)) < len(f):
        raise InputError(
            "these are no frequencies", key="options.frequencies", given=asked, allowed='["1 kHz", "1 Hz"]'
        )
    names = {value: text for text, value in frequencies.items()}
    kind = "area_specific_resistance"
    outputs = {f"{part} at {names[one]}": kind for one in f for part in ("real", "imaginary")}

    def evaluate_one(point: dict[str, float]) -> dict[str, float]:
        changed = _with_values(of, point)
        found = spectrum(changed, charged_share=share, frequencies_Hz=f)
        z = dict(zip(found.frequency_Hz, found.impedance_ohm * changed.area_m2, strict=True))
        return {f"real at {names[one]}": float(z[one].real) for one in f} | {
            f"imaginary at {names[one]}": float(z[one].imag) for one in f
        }

    return Subject(of.values, outputs, False, one_by_one(evaluate_one, outputs))


def _predict_ccd(cell: str | None, options: Mapping[str, Any]) -> Subject:
    """The critical current that a ladder will report: medians of a batch of virtual cells at the point's numbers."""
    from natron.core import check_range
    from natron.interface.shorts.conditions import bench
    from natron.interface.shorts.prediction import CELLS_PER_BATCH, MOST_CELLS, predict
    from natron.interface.shorts.protocol import ladder

    described = _cell(cell)
    known = bench(described)
    kind = _word("protocol", options.get("protocol", "fixed-time"), ("fixed-time", "fixed-capacity"))
    half = options.get("half_step", "5 min" if kind == "fixed-time" else "5 mAh/cm²")
    steps = [
        parse_quantity(str(options.get(name, default)), "current_density")
        for name, default in (("increment", "0.1 mA/cm²"), ("largest", "10 mA/cm²"))
    ]
    plan = (
        ladder(*steps, half_step=parse_quantity(str(half), "time"))
        if kind == "fixed-time"
        else ladder(*steps, charge=parse_quantity(str(half), "areal_capacity"))
    )
    count, seed = int(options.get("cells", 1000)), int(options.get("seed", 1))
    if not CELLS_PER_BATCH <= count <= MOST_CELLS:
        raise InputError(
            "this number of cells is out of range", key="options.cells", given=count,
            allowed=f"{CELLS_PER_BATCH} to {MOST_CELLS}",
        )  # fmt: skip
    outputs = {
        "critical_current": "current_density",
        "contact_loss": "current_density",
        "short": "current_density",
        "weibull_modulus": "number",
    }
    # within a point the numbers are what the sweep says: only the flaws differ from cell to cell
    certain = {name: replace(q, uncertainty=None) for name, q in known.inputs.items()}

    def evaluate_one(point: dict[str, float]) -> dict[str, float]:
        changes = {name: check_range(replace(certain[name], value=value)) for name, value in point.items()}
        found = predict(bench(described, {**certain, **changes}), plan, cells=count, seed=seed)
        medians = {
            "critical_current": found.nominal_end,
            "contact_loss": found.nominal_contact_loss,
            "short": found.nominal_short,
        }
        got = {name: spread.median.value for name, spread in medians.items() if spread.median is not None}
        return got | ({} if found.weibull_modulus is None else {"weibull_modulus": found.weibull_modulus})

    return Subject(known.inputs, outputs, False, one_by_one(evaluate_one, outputs))


def _constriction(cell: str | None, options: Mapping[str, Any]) -> Subject:
    """A block of voxels between contacts."""
    from natron.constriction import PATTERNS, assess, make_body

    if cell is not None:
        raise InputError("a swept block of voxels is described by its own numbers", key="cell", hint="Leave it out.")
    voxels = int(options.get("voxels", 32))
    pattern = _word("pattern", options.get("pattern", "disc"), tuple(PATTERNS))
    seed = int(options.get("seed", 0))
    parameters = {
        "contact": Quantity(1.0, None, "share"),
        "contact_bottom": Quantity(1.0, None, "share"),
        "pores": Quantity(0.0, None, "share"),
        "kappa": Quantity(0.1, None, "conductivity"),
        "spacing": Quantity(1e-6, None, "length"),
        "interface": Quantity(0.0, None, "area_specific_resistance"),
    }
    outputs = {
        "area_specific_resistance": "area_specific_resistance",
        "constriction": "area_specific_resistance",
        "conductivity": "conductivity",
        "hot_spot_factor": "number",
    }

    def evaluate_one(point: dict[str, float]) -> dict[str, float]:
        at = {name: q.value for name, q in parameters.items()} | point
        body = make_body(
            (voxels, voxels, voxels),
            at["spacing"],
            at["kappa"],
            contact_share=at["contact"],
            contact_pattern=pattern,
            contact_bottom_share=at["contact_bottom"],
            porosity=at["pores"],
            interface_ohm_m2=at["interface"],
            seed=seed,
        )
        found = assess(body, refine=False)
        if found.solution.status != "converged":
            raise InputError(found.solution.advice or found.solution.status)
        got = {
            "area_specific_resistance": found.area_specific_resistance_ohm_m2,
            "conductivity": found.conductivity_S_m,
        }
        if found.constriction_ohm_m2 is not None:
            got["constriction"] = found.constriction_ohm_m2
        if found.local is not None:
            got["hot_spot_factor"] = found.local.hot_spot_factor
        return got

    return Subject(parameters, outputs, False, one_by_one(evaluate_one, outputs))


def _word(option: str, given: object, known: tuple[str, ...]) -> Any:
    if given not in known:
        raise InputError(
            "this is not one of the known words", key=f"options.{option}", given=given, allowed=", ".join(known),
            hint=did_you_mean(str(given), known),
        )  # fmt: skip
    return given


def _quantity(key: str, text: object, kind: str) -> float:
    try:
        return parse_quantity(str(text), kind).value
    except InputError as error:
        raise error.at(key=key) from error


Check = tuple[Callable[[Any], bool], str]
"""Of an option: whether a value will do, and what will."""


def _whole(least: int, most: int) -> Check:
    return lambda v: type(v) is int and least <= v <= most, f"a whole number from {least} to {most}"


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_TEXT: Check = (lambda v: isinstance(v, str), "a text")
_QUANTITY: Check = (lambda v: isinstance(v, str), 'a number with its unit, such as "5 min"')
_SHARE: Check = (lambda v: isinstance(v, str | int | float) and not isinstance(v, bool), 'such as "50 %"')
_YES: Check = (lambda v: isinstance(v, bool), "true or false")
_SEED = _whole(0, 2**63 - 1)

COMMANDS: dict[str, tuple[Callable[[str | None, Mapping[str, Any]], Subject], Mapping[str, Check]]] = {
    "design": (_design, {"basis": _TEXT, "consistent": _YES}),
    "simulate": (
        _simulate,
        {"protocol": _TEXT, "protocol_text": _TEXT, "off": (_is_list, 'a list of mechanisms, such as ["voids"]')},
    ),
    "spectra": (
        _spectra,
        {
            "frequencies": (_is_list, 'a list of frequencies, such as ["1 kHz", "1 Hz"]'),
            "soc": _SHARE,
            "off": (_is_list, 'a list of mechanisms, such as ["voids"]'),
        },
    ),
    "predict ccd": (
        _predict_ccd,
        {
            "protocol": _TEXT, "half_step": _QUANTITY, "increment": _QUANTITY, "largest": _QUANTITY,
            "cells": _whole(1, 2**63 - 1), "seed": _SEED,
        },
    ),
    "constriction": (_constriction, {"voxels": _whole(4, 256), "pattern": _TEXT, "seed": _SEED}),
}  # fmt: skip
"""By name: how its subject is made, and the options it takes."""

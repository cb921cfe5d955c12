"""Documents on pressure, recomputed: pressing sodium warm, the stack pressure a cell needs, tapes that break."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from natron.cell import built_in
from natron.core import Quantity, parse_quantity, weakest_origin
from natron.core.uncertainty import propagate
from natron.design import reference_area_m2
from natron.interface import RELATIONS, Pair, Pressing, metal, pair, press, press_foil, pressing_map, pressure_swing
from natron.interface.metals import thickness_per_areal_capacity_m3_C
from natron.interface.pressing.fixture import pressure_change_Pa
from natron.interface.pressing.pressed import HAZARD
from natron.materials import parameters
from natron.studies.sections import Line, Section, Tornado, tornado_of

_METAL = {"metal": "sodium"}


def _asked(relation: str, texts: Mapping[str, str], inputs: Mapping[str, tuple[str, str]]) -> dict[str, Quantity]:
    """Inputs of a relation: the library's, and those given as (value, origin)."""
    named = RELATIONS[relation]
    own = {
        key: parse_quantity(text, named.inputs[key]).stamped(origin=origin)  # type: ignore[arg-type]
        for key, (text, origin) in inputs.items()
    }
    return {**(named.looked_up(texts) if named.looked_up else {}), **own}


def _number(relation: str, texts: Mapping[str, str], inputs: Mapping[str, tuple[str, str]]) -> Quantity:
    """A relation's result with its uncertainty and the origin of the weakest input."""
    given = _asked(relation, texts, inputs)
    named = RELATIONS[relation]
    found = propagate(named.bound(texts), given)["value"]
    return found.quantity(named.output, origin=weakest_origin(q.origin for q in given.values()))


def _tornado(name: str, relation: str, texts: Mapping[str, str], inputs: Mapping[str, tuple[str, str]]) -> Tornado:
    return tornado_of(
        name, RELATIONS[relation].bound(texts), _asked(relation, texts, inputs), _number(relation, texts, inputs)
    )


def _pressed(of: Pair, temperature: str, pressure: str, time: str) -> Pressing:
    return press(
        of,
        parse_quantity(temperature, "temperature"),
        parse_quantity(pressure, "pressure"),
        parse_quantity(time, "time"),
    )


def thermal_press() -> tuple[Section, ...]:
    """Sodium pressed onto Na5SmSi4O12 near its melting point: contact, the window, foils."""
    of = pair("sodium", "n5sm")
    return (_pressing_section(of), _window_section(of), _foil_section())


def _pressing_section(of: Pair) -> Section:
    lines = []
    for temperature, pressure, time in (
        ("97 °C", "10 MPa", "60 s"), ("97 °C", "10 MPa", "1 s"), ("97 °C", "0.1 MPa", "60 s"),
        ("25 °C", "10 MPa", "60 s"), ("25 °C", "0.1 MPa", "60 s"), ("98 °C", "10 MPa", "60 s"),
    ):  # fmt: skip
        found = _pressed(of, temperature, pressure, time)
        where = f"{temperature}, {pressure}, {time}"
        outcome = found.outcome.replace("_", " ")
        if found.contact_fraction is None:
            lines.append(Line(f"{where}: contact", found.state, outcome))
            continue
        lines.append(Line(f"{where}: contact", found.contact_fraction, outcome))
        if found.interface_resistance is not None:
            lines.append(Line(f"{where}: interface resistance at 25 °C", found.interface_resistance))
    return Section(
        "Pressing sodium onto the ceramic",
        "The document prints 97 °C and 10 MPa, and no time. Creep alone, without a film or shut-in gas, closes the "
        "gaps within milliseconds there; at 25 °C and the same pressure it does too, so that heat is not what this "
        "pressure needs. Warmth counts where pressure is low. The charge transfer of this pair is not known: that of "
        f"another sodium ceramic stands in. {HAZARD.format(metal='sodium')}",
        tuple(lines),
        (
            _tornado(
                "lowest pressure for 95 % contact at 25 °C in 60 s",
                "pressure_to_close_voids",
                _METAL,
                {
                    "temperature": ("25 °C", "input"),
                    "time": ("60 s", "input"),
                    "required_contact_fraction": ("95 %", "input"),
                },
            ),
        ),
    )


def _window_section(of: Pair) -> Section:
    from natron.plot.pressing import pressing_window

    hot = _pressed(of, "97 °C", "10 MPa", "60 s")
    cold = _pressed(of, "25 °C", "10 MPa", "60 s")
    assert hot.lowest_pressure is not None
    assert cold.lowest_pressure is not None
    assert hot.cracking is not None
    melting = of.values["melting_point"]
    found = pressing_map(of, parse_quantity("60 s", "time"))
    mark = (parse_quantity("97 °C", "temperature"), parse_quantity("10 MPa", "pressure"), "97 °C, 10 MPa")
    thickness = parameters("window")["ceramic_thickness"]
    ceramic = {"electrolyte": "n5sm"}
    given = {"electrolyte_thickness": (str(thickness), "assumed")}
    return Section(
        "The window",
        "Too cold or too little pressure leaves voids, past the melting point sodium leaks, and bending breaks the "
        "ceramic. Evenly backed and flat, it would not be limited by its strength in bending at all: how flat and how "
        "well backed it is, decides, and is assumed.",
        (
            Line("lowest pressure for 95 % contact in 60 s at 25 °C", cold.lowest_pressure),
            Line("lowest pressure for 95 % contact in 60 s at 97 °C", hot.lowest_pressure),
            Line("melting point", melting, "0.8 K above the printed 97 °C: hold the temperature within ±0.4 K"),
            Line("the ceramic breaks at", hot.cracking.fracture_pressure, f"decided by {_cause(hot)}"),
            Line("bending stress by its bow", hot.cracking.warp_stress),
            Line("bending stress where nothing backs it, at 10 MPa", hot.cracking.span_stress),
        ),
        (_tornado("pressure at which the ceramic breaks", "fracture_pressure", ceramic, given),),
        (("window", (18, 12), partial(pressing_window, found, [mark])),),
    )


def _cause(found: Pressing) -> str:
    assert found.cracking is not None
    return "its bow" if found.cracking.decided_by == "warp" else "places without backing"


def _foil_section() -> Section:
    from natron.plot.pressing import foil_thickness

    def foil(time: str, radius: str) -> Any:
        return press_foil(
            "sodium",
            parse_quantity("97 °C", "temperature"),
            parse_quantity("10 MPa", "pressure"),
            parse_quantity(time, "time"),
            radius=parse_quantity(radius, "diameter"),
        )

    lines = [
        Line(f"{time}, disc of {radius} radius", foil(time, radius).thickness)
        for radius in ("4 mm", "20 mm")
        for time in ("60 s", "1800 s", "3600 s")
    ]
    return Section(
        "Foil between heated plates",
        "A creeping disc that sticks to its platens thins ever more slowly, in proportion to its radius and to the "
        "time to the power −1/6. The document prints neither time nor size, so that its few dozen micrometres can "
        "neither be confirmed nor refuted: with a free choice of both any thickness comes out.",
        tuple(lines),
        pictures=(("foil", (15, 10), partial(foil_thickness, foil("1800 s", "4 mm"))),),
    )


def stack_pressure() -> tuple[Section, ...]:
    """70 to 74 MPa at assembly and 15 MPa in operation: against creep, bending, voids and breathing."""
    return (_assembly_section(), _bending_section(), _operation_section(), _breathing_section())


def _assembly_section() -> Section:
    lines = []
    for temperature in ("25 °C", "60 °C"):
        for time in ("60 s", "3600 s"):
            needed = _number(
                "pressure_to_close_voids",
                _METAL,
                {
                    "temperature": (temperature, "input"),
                    "time": (time, "input"),
                    "required_contact_fraction": ("99 %", "input"),
                },
            )
            lines.append(Line(f"99 % contact at {temperature} in {time} needs", needed, "a lower bound"))
    for pressure in ("15 MPa", "72 MPa"):
        share = _number(
            "contact_fraction_after_pressing",
            _METAL,
            {"pressure": (pressure, "literature"), "temperature": ("25 °C", "input"), "time": ("60 s", "input")},
        )
        lines.append(Line(f"contact after 60 s at 25 °C and {pressure}", share))
    return Section(
        "Assembly: what creep needs",
        "A static contact of clean sodium closes at a few megapascals within minutes; 70 to 74 MPa are not needed for "
        "it. They are a pressure of powder composites, whose grains do not creep. natron's pressures are lower bounds: "
        "bulk metal, no film, no gas, no friction.",
        tuple(lines),
        (
            _tornado(
                "pressure for 99 % contact at 25 °C in 60 s",
                "pressure_to_close_voids",
                _METAL,
                {
                    "temperature": ("25 °C", "input"),
                    "time": ("60 s", "input"),
                    "required_contact_fraction": ("99 %", "input"),
                },
            ),
        ),
    )


def _bending_section() -> Section:
    lines = []
    for thickness in ("50 ± 4 µm", "110 ± 5 µm", "500 ± 20 µm"):
        of = pair("sodium", "nzsp-tape", thickness=parse_quantity(thickness, "length"))
        for pressure in ("15 MPa", "72 ± 2 MPa"):
            cracking = _pressed(of, "25 °C", pressure, "60 s").cracking
            assert cracking is not None
            chance = Quantity(cracking.probability, None, "share", origin="assumed")
            lines.append(Line(f"{thickness} under {pressure}: chance of breaking", chance))
        assert cracking is not None
        lines.append(Line(f"{thickness} breaks at", cracking.fracture_pressure))
    return Section(
        "Assembly: what the ceramic bears",
        "Even pressure is not limited by strength in bending; misfit is what breaks a ceramic: a bow pressed flat and "
        "places without backing, both assumed here. On tapes the assembly pressure leaves hardly a chance, on pellets "
        "it depends on how well they are lapped.",
        tuple(lines),
        (
            _tornado(
                "pressure at which a tape of 110 µm breaks",
                "fracture_pressure",
                {"electrolyte": "nzsp-tape"},
                {"electrolyte_thickness": ("110 ± 5 µm", "input")},
            ),
        ),
    )


def _operation_section() -> Section:
    def asked(pressure: str) -> dict[str, tuple[str, str]]:
        return {
            "pressure": (pressure, "input"),
            "temperature": ("25 °C", "input"),
            "contact_fraction": ("100 %", "assumed"),
        }

    relation = "critical_stripping_current"
    lines = [
        Line(f"critical stripping current at {pressure}", _number(relation, _METAL, asked(pressure)))
        for pressure in ("0.05 MPa", "1 MPa", "15 MPa")
    ]
    for current in ("0.5 mA/cm²", "1 mA/cm²", "2.5 mA/cm²"):
        needed = _number(
            "pressure_against_voids",
            _METAL,
            {
                "current_density": (current, "input"),
                "temperature": ("25 °C", "input"),
                "contact_fraction": ("100 %", "assumed"),
            },
        )
        lines.append(Line(f"pressure against voids at {current}", needed, "a lower bound"))
    return Section(
        "Operation: what 15 MPa buy",
        "The current that sodium replenishes by itself rises linearly with pressure; its slope is the upper bound "
        "measured on sodium | Na-β″-alumina, its value without pressure is assumed.",
        tuple(lines),
        (_tornado("critical stripping current at 15 MPa", relation, _METAL, asked("15 MPa")),),
    )


def _breathing_section() -> Section:
    from natron.plot.pressing import pressure_over_stripping

    cell = built_in("lowack2025-cell2")
    area = reference_area_m2(cell)
    assert area is not None
    of = metal("sodium")
    breathing = thickness_per_areal_capacity_m3_C(of.molar_volume_m3_mol)
    stripped = parse_quantity("1.11 mAh/cm²", "areal_capacity")
    start = parse_quantity("15 MPa", "pressure")
    frames = {
        "stiff frame": parameters("fixture")["stiff_frame"],
        "spring frame": parameters("fixture")["spring_frame"],
    }
    lines = [Line("the anode thins by", Quantity(breathing * stripped.value, None, "length", origin="predicted"))]
    charge = np.linspace(0.0, stripped.value, 200)
    curves = []
    for name, stiffness in frames.items():
        loss = propagate(
            lambda x: {"value": pressure_change_Pa(x["stiffness"], area, breathing, stripped.value)},
            {"stiffness": stiffness},
        )["value"].quantity("pressure", origin="assumed")
        swing = pressure_swing(start.value, stiffness.value, area, breathing, -charge)
        state = "contact lost" if swing.state == "contact_lost" else "pressed to the end"
        lines.append(Line(f"{name} ({stiffness}): pressure lost, were there enough", loss, state))
        curves.append((f"{name}, {stiffness}", charge, swing.pressure_Pa))
    return Section(
        "Operation: breathing against the frame",
        f"{stripped} of sodium stripped from a cell of {area * 1e4:.2g} cm² that starts at {start}. A stiff frame "
        "loses all its pressure and the contact with it, a spring keeps it. Frame and spring are assumed; the metal's "
        "own flow sideways and what the other electrode gives back are left out.",
        tuple(lines),
        pictures=(("breathing", (15, 9), partial(pressure_over_stripping, curves)),),
    )


def tapes_under_pressure() -> tuple[Section, ...]:
    """The sodium-cell paper's tapes: 50 µm that broke, 110 µm that mostly held 1 MPa."""
    lines = []
    for thickness in ("50 ± 4 µm", "110 ± 5 µm"):
        of = pair("sodium", "nzsp-tape", thickness=parse_quantity(thickness, "length"))
        cracking = _pressed(of, "30 °C", "1.0 ± 0.1 MPa", "60 s").cracking
        assert cracking is not None
        chance = Quantity(cracking.probability, None, "share", origin="assumed")
        lines += [
            Line(f"{thickness}: stress by a bow pressed flat", cracking.warp_stress),
            Line(f"{thickness}: stress where nothing backs it, at 1 MPa", cracking.span_stress),
            Line(f"{thickness} breaks at", cracking.fracture_pressure),
            Line(f"{thickness} under 1 MPa: chance of breaking", chance),
        ]
    return (
        Section(
            "Why the thin tapes broke",
            "A bow pressed flat strains a tape in proportion to its thickness: it alone would break the thick tapes "
            "first, against what the paper saw. Pressure over places that nothing backs strains it by the square of "
            "their size over the thickness, and breaks the thin ones first. Places of about a millimetre would do for "
            "both observations; their size was chosen with these tapes in view, so that this explains and does not "
            "predict.",
            tuple(lines),
            (
                _tornado(
                    "pressure at which a tape of 50 µm breaks",
                    "fracture_pressure",
                    {"electrolyte": "nzsp-tape"},
                    {"electrolyte_thickness": ("50 ± 4 µm", "input")},
                ),
            ),
        ),
    )

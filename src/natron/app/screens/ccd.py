"""Critical currents on a terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from natron.app.screens.terminal import terminal
from natron.core import Quantity
from natron.cycling.failure.ccd import CriticalCurrent, HalfStepFinding
from natron.cycling.failure.population import Interval, Population, Step
from natron.cycling.failure.protocol import Protocol


def cell(file: str, found: CriticalCurrent, floor: Quantity | None) -> None:
    """One cell: its protocol, its steps, and what was found."""
    out = terminal()
    out.print(f"\n[bold]{escape(file)}[/]  {escape(_protocol(found.protocol, found))}")
    for note in found.notes:
        out.print(f"  {escape(note)}", style="dim")
    if floor is not None:
        out.print(f"  ohmic floor of the separator {floor}", style="dim")
    per_area = found.half_steps[0].current_density_A_m2 is not None
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("Step", "mA/cm²" if per_area else "mA", "half steps", "mAh/cm²" if per_area else "mAh")
    for i, name in enumerate((*columns, "Ω cm²" if per_area else "Ω", "growth", "shape")):
        table.add_column(name, justify="left" if i in (0, 6) else "right", overflow="fold")
    for step in found.protocol.steps:
        members = [one for one in found.half_steps if one.step == step.number]
        numbers = f"{members[0].index}–{members[-1].index}" if len(members) > 1 else str(members[0].index)
        table.add_row(
            str(step.number),
            _number(_shown_current(members[0])),
            numbers,
            _number(max(_shown_charge(one) for one in members)),
            " ".join(_number(_shown_resistance(one)) for one in members[:2]),
            " ".join(f"{one.rise * 100:.0f} %" if abs(one.rise) < 10 else "—" for one in members[:2]),
            ", ".join(dict.fromkeys(one.shape for one in members)),
        )
    out.print(table)
    _verdict(found, per_area)


def _verdict(found: CriticalCurrent, per_area: bool) -> None:
    out = terminal()
    if found.survived_A is None or found.failed_A is None:
        out.print(f"Critical current: [bold]none[/], {escape(found.why or '')}")
    else:
        low, high = (found.survived_A_m2, found.failed_A_m2) if per_area else (found.survived_A, found.failed_A)
        factor, unit = (10.0, "mA/cm²") if per_area else (1e-3, "mA")
        low_text, high_text = (_number((value or 0.0) / factor) for value in (low, high))
        out.print(f"Critical current density: [bold]{low_text} {unit}[/] survived, {high_text} {unit} failed")
        if found.why:
            out.print(f"  {escape(found.why)}")
    if found.short is not None:
        short = found.short
        healed = "" if short.heals_in is None else f"; sound again from half step {short.heals_in} on"
        out.print(
            f"Short: [bold red]{short.kind.removesuffix('_short')}[/] in half step {short.half_step} at "
            f"{short.time_s / 3600:.3g} h, confidence {short.confidence:.2f}: {escape(short.evidence)}{healed}"
        )
    if found.void_onset is not None:
        onset = found.void_onset
        name = "Voids" if onset.certainty == "voids" else "Voids or an interphase"
        out.print(f"{name}: from step {onset.step}, half step {onset.half_step} on: {escape(onset.evidence)}")
    if found.ambiguous:
        out.print(f"Ambiguous half steps: {', '.join(map(str, found.ambiguous))}")
    if found.cumulative_Ah_m2 is not None:
        out.print(f"Passed until then, both directions: {_number(found.cumulative_Ah_m2 / 10)} mAh/cm²")
    else:
        out.print(f"Passed until then, both directions: {_number(found.cumulative_Ah * 1e3)} mAh")
    for text in found.comparable:
        out.print(f"  {escape(text)}", style="dim")


def _protocol(protocol: Protocol, found: CriticalCurrent) -> str:
    parts: list[str] = [protocol.held if protocol.held != "neither" else "neither time nor capacity fixed"]
    if protocol.half_step_s is not None:
        parts[0] += f" of {_number(protocol.half_step_s / 60)} min"
    if protocol.half_step_Ah is not None:
        area = next(
            (one.current_A / one.current_density_A_m2 for one in found.half_steps if one.current_density_A_m2), None
        )
        amount = protocol.half_step_Ah * 1e3 if area is None else protocol.half_step_Ah / area / 10
        parts[0] += f" of {_number(amount)} {'mAh' if area is None else 'mAh/cm²'}"
    parts.append("one direction" if protocol.one_way else "both directions")
    steps = len(protocol.steps)
    parts.append("one step" if steps == 1 else f"{steps} steps, {'equal' if protocol.equal_steps else 'unequal'}")
    parts.append("no rests" if protocol.rest_s is None else f"rests of {_number(protocol.rest_s)} s")
    return ", ".join(parts)


def _number(value: float) -> str:
    return f"{value:.3g}"


def _shown_current(one: HalfStepFinding) -> float:
    return one.current_A * 1e3 if one.current_density_A_m2 is None else one.current_density_A_m2 / 10


def _shown_charge(one: HalfStepFinding) -> float:
    return one.charge_Ah * 1e3 if one.areal_capacity_Ah_m2 is None else one.areal_capacity_Ah_m2 / 10


def _shown_resistance(one: HalfStepFinding) -> float:
    areal = one.area_specific_resistance_ohm_m2
    return one.resistance_ohm if areal is None else areal * 1e4


def population(statistics: Population, factor: float, unit: str) -> None:
    """Several cells together; `factor` is the SI value of one `unit`."""
    out = terminal()

    def step(found: Step | None) -> str:
        if found is None:
            return "not reached"
        return f"{_number(found[0] / factor)} to {_number(found[1] / factor)} {unit}"

    def interval(found: Interval, scale: float, name: str) -> str:
        ends = ["open" if end is None else _number(end / scale) for end in (found.low, found.high)]
        return f"{_number(found.value / scale)} {name}".strip() + f" (95 %: {ends[0]} to {ends[1]})"

    out.print(
        f"\n[bold]{len(statistics.cells)} cells[/], {statistics.failed} failed, {statistics.censored} censored at "
        "their highest current"
    )
    out.print(f"Median: {step(statistics.median)}")
    out.print(f"Quartiles: {step(statistics.quartiles[0])}; {step(statistics.quartiles[1])}")
    if statistics.weibull is None:
        out.print(f"No Weibull distribution: {escape(statistics.why or '')}")
    else:
        out.print(
            f"Weibull: shape {interval(statistics.weibull.shape, 1.0, '')}, "
            f"scale {interval(statistics.weibull.scale, factor, unit)}, "
            f"median {interval(statistics.weibull.median, factor, unit)}"
        )

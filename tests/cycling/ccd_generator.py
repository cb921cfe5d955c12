"""Critical-current tests of symmetric cells with a known fate, written from the protocol alone.

Nothing of natron is used here. A cell is a separator and two interfaces that pass a stepped current; what the
instrument writes down is their voltage with all that spoils a real one: an offset, its drift, the temperature's,
noise, resolution, stray points, gaps, an impedance sweep now and then, a contact that is still forming, an
interphase that grows, charging of the double layers. A case is `healthy`, or grows voids from a known step on
(its polarisation rises by at least 15 % within every half step from there), or shorts: `soft` (its polarisation
falls to 70 % or less of what it was for at least a tenth of a half step, and wanders), or `hard` (a few per cent
are left).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FATES = ("healthy", "healthy", "void", "soft", "hard", "void+soft", "void+hard")


@dataclass(frozen=True)
class Case:
    """One test and the truth about it; half steps and levels count from 1, current densities in mA/cm²."""

    seed: int
    fate: str
    columns: dict[str, np.ndarray]
    area_cm2: float
    separator_thickness_um: float
    separator_conductivity_mS_cm: float
    levels: tuple[float, ...]
    half_step_levels: tuple[int, ...]
    void_level: int | None
    short_half_step: int | None
    short_fraction: float | None
    healed: bool
    traits: dict[str, object] = field(default_factory=dict)

    @property
    def short_level(self) -> int | None:
        return None if self.short_half_step is None else self.half_step_levels[self.short_half_step - 1]


def make_case(seed: int) -> Case:
    """The case of that seed."""
    rng = np.random.default_rng([seed, 20250])
    fate = FATES[seed % len(FATES)]
    protocol = _protocol(rng)
    levels, order = protocol["levels"], protocol["order"]
    cell = _cell(rng, levels)
    void_level = short = None
    if "void" in fate:
        void_level = int(rng.integers(2, max(3, len(levels) - 1)))
    if "soft" in fate or "hard" in fate:
        first = 1
        if void_level is not None:
            first = 1 + next(i for i, (level, _) in enumerate(order) if level > void_level)
        elif rng.random() > 0.05:
            first = 2
        short = int(rng.integers(first, len(order) + 1))
    return _measure(seed, rng, fate, protocol, cell, void_level, short)


def _protocol(rng):
    count = int(rng.integers(5, 15))
    start = 10 ** rng.uniform(-2, -0.3)
    shape = rng.choice(["equal", "growing", "unequal"])
    if shape == "equal":
        levels = start * np.arange(1, count + 1)
    elif shape == "growing":
        levels = start * rng.uniform(1.15, 1.8) ** np.arange(count)
    else:
        levels = np.cumsum(start * rng.choice([0.5, 1.0, 1.0, 2.0, 4.0], size=count))
    # a step of a few per cent is none: instruments and people make them wider
    levels = levels[0] * np.maximum.accumulate(np.maximum(levels / levels[0], 1.06 ** np.arange(count)))
    one_way = rng.random() < 0.12
    repeats = 1 if one_way else int(rng.choice([1, 1, 1, 2, 3]))
    sign = int(rng.choice([-1, 1]))
    order = []
    for level in range(1, count + 1):
        for _ in range(repeats):
            order += [(level, sign)] if one_way else [(level, sign), (level, -sign)]
    fixed = str(rng.choice(["time", "capacity"]))
    if fixed == "time":
        durations = np.full(count, rng.choice([300.0, 600.0, 1800.0, 3600.0, 7200.0]))
    else:
        durations = rng.uniform(300, 3600) * levels[-1] / levels
        durations = np.minimum(durations, 40 * durations[-1])
    rest = float(rng.choice([0.0, 0.0, 60.0, 600.0]))
    return {
        "levels": levels, "order": order, "fixed": fixed, "durations": durations, "rest": rest, "one_way": one_way,
        "repeats": repeats, "shape": str(shape),
    }  # fmt: skip


def _cell(rng, levels):
    total = 10 ** rng.uniform(1.2, 2.9)
    # nobody reads a short off a polarisation of a few tenths of a millivolt: the first step has three millivolts
    total = max(total, 3.0 / levels[0])
    share = rng.uniform(0.15, 0.85)
    conductivity = rng.uniform(0.2, 5.0)
    return {
        "separator": total * share,
        "interface": total * (1 - share),
        "conductivity": conductivity,
        "thickness": total * share * conductivity * 10,
        "asymmetry": rng.uniform(-0.08, 0.08),
        "bend": rng.uniform(0, 0.12),
        "forming": rng.choice([0.0, rng.uniform(0, 1.5)]),
        "forming_half_steps": 10 ** rng.uniform(-0.8, 1.0),
        "interphase": rng.choice([0.0, rng.uniform(0, 0.5)]),
        "heat": rng.uniform(0, 0.05),
        "heat_period": rng.uniform(0.2, 3),
        "fast_s": 10 ** rng.uniform(-1, 1.5),
        "fast_share": rng.uniform(0.05, 0.4),
        "slow_share": rng.choice([0.0, rng.uniform(0, 0.05)]),
    }


def _wander(rng, times, correlation, spread):
    """A random walk drawn back to zero."""
    out = np.zeros(len(times))
    for i in range(1, len(times)):
        keep = np.exp(-(times[i] - times[i - 1]) / correlation)
        out[i] = keep * out[i - 1] + spread * np.sqrt(1 - keep**2) * rng.normal()
    return out


def _measure(seed, rng, fate, protocol, cell, void_level, short):
    levels, order, durations = protocol["levels"], protocol["order"], protocol["durations"]
    area = rng.uniform(0.2, 1.3)
    samples = int(rng.choice([25, 40, 80, 200, 500]))
    every = durations.min() / samples
    every = max(every, durations.sum() * protocol["repeats"] * 2 / 60000)
    noise = rng.choice([rng.uniform(0, 0.05), rng.uniform(0.05, 0.5)]) * 1e-3
    resolution = rng.choice([0.0, 1e-5, 1e-4, 3e-4])
    flip = -1.0 if rng.random() < 0.15 else 1.0
    offset, drift = rng.uniform(-3e-3, 3e-3), rng.uniform(-2e-3, 2e-3)
    with_eis = rng.random() < 0.3
    eis_inside = with_eis and rng.random() < 0.5
    total_time = sum(durations[level - 1] + protocol["rest"] for level, _ in order)
    rise = rng.uniform(0.17, 0.6)
    rise_grows = rng.uniform(1.0, 1.5)
    rise_bend = rng.uniform(0.7, 3.0)
    kept = rng.uniform(0, 0.4)
    fault = _fault(rng, fate, durations, order, short)
    rows = {name: [] for name in ("t", "v", "i", "step", "frequency", "re", "im")}
    clock, loaded, left_over, step = 0.0, 0.0, 0.0, 0
    half_lengths = [durations[level - 1] for level, _ in order]
    form_time = cell["forming_half_steps"] * half_lengths[0]

    def put(times, voltages, currents, frequency=None, z=None):
        nonlocal step
        step += 1
        n = len(times)
        rows["t"].append(times)
        rows["v"].append(voltages)
        rows["i"].append(currents)
        rows["step"].append(np.full(n, step))
        rows["frequency"].append(np.full(n, np.nan) if frequency is None else frequency)
        rows["re"].append(np.full(n, np.nan) if z is None else z.real)
        rows["im"].append(np.full(n, np.nan) if z is None else z.imag)

    def zero(times):
        return offset + drift * times / total_time

    def sweep(start):
        f = np.logspace(5, 0, 18)
        times = start + np.linspace(0, 60, len(f))
        r_s, r_i = cell["separator"] / area, cell["interface"] / area
        z = r_s + r_i / (1 + 2j * np.pi * f * cell["fast_s"] * 0.01)
        put(times, zero(times) + rng.normal(0, 1e-3, len(f)), rng.normal(0, 1e-5, len(f)), f, z)
        return start + 62.0

    if rng.random() < 0.6:
        times = np.arange(0, 300, 20.0)
        put(times, zero(times) + rng.normal(0, max(noise, 1e-7), len(times)), np.zeros(len(times)))
        clock = 300.0
    if with_eis:
        clock = sweep(clock)
    ended = len(order)
    for number, (level, sign) in enumerate(order, start=1):
        density = levels[level - 1] * 1e-3  # A/cm²
        duration = durations[level - 1]
        n = max(int(duration / every), 12)
        local = (np.arange(n) + rng.uniform(0.02, 0.9)) * duration / n
        if rng.random() < 0.3:
            local += rng.uniform(-0.3, 0.3, n) * duration / n
            local = np.clip(np.sort(local), 1e-3, duration)
        if rng.random() < 0.2:
            dense = np.geomspace(0.5, duration / n, 8) if duration / n > 1 else np.array([])
            local = np.unique(np.concatenate([dense, local]))
        now = clock + local
        form = cell["forming"] * np.exp(-(loaded + local) / form_time)
        grown = cell["interphase"] * np.sqrt((now) / total_time)
        heat = 1 + cell["heat"] * np.sin(2 * np.pi * cell["heat_period"] * now / total_time)
        bend = 1 - cell["bend"] * (level - 1) / max(len(levels) - 1, 1)
        resistance = cell["separator"] + cell["interface"] * (1 + form + grown) * bend
        settle = 1 - cell["fast_share"] * np.exp(-local / cell["fast_s"]) * cell["interface"] / resistance
        settle = settle - cell["slow_share"] * np.exp(-local / (0.3 * duration))
        resistance = resistance * settle * heat * (1 + sign * cell["asymmetry"] / 2)
        if void_level is not None and level >= void_level:
            this = min(rise * rise_grows ** (level - void_level), 6.0) * rng.uniform(1.0, 1.15)
            growth = left_over + this * (local / duration) ** rise_bend * (1 + left_over)
            resistance = resistance * (1 + growth)
            left_over = kept * growth[-1] if rng.random() < 0.7 else 0.0
        if fault is not None:
            resistance = resistance * fault(number, local, duration)
        voltage = density * sign * resistance
        beyond = np.flatnonzero(np.abs(voltage) > 5.0)
        if beyond.size:  # the instrument stops there
            cut = max(int(beyond[0]), 6)
            now, voltage = now[:cut], voltage[:cut]
            ended = number
        current = np.full(len(now), density * sign * area)
        current = current * (1 + rng.normal(0, 1e-4, len(now)))
        measured = voltage + zero(now)
        inside = eis_inside and rng.random() < 0.5 and len(now) > 24
        if inside:
            at = int(rng.uniform(0.3, 0.7) * len(now))
            put(now[:at], measured[:at], current[:at])
            resumed = sweep(now[at - 1] + 1.0)
            shift = resumed - now[at] + 1.0
            put(now[at:] + shift, measured[at:], current[at:])
            clock += shift
        else:
            put(now, measured, current)
        clock, loaded = clock + duration, loaded + duration
        if protocol["rest"]:
            times = clock + np.arange(1.0, protocol["rest"], max(protocol["rest"] / 20, 2.0))
            put(times, zero(times), np.zeros(len(times)))
            clock += protocol["rest"]
        if with_eis and not eis_inside and rng.random() < 0.4:
            clock = sweep(clock + 1.0)
        if ended == number:
            break
    t, v, i = (np.concatenate(rows[name]) for name in ("t", "v", "i"))
    steps, f, re, im = (np.concatenate(rows[name]) for name in ("step", "frequency", "re", "im"))
    v = v + rng.normal(0, noise, len(v))
    if rng.random() < 0.2:
        stray = rng.random(len(v)) < 0.002
        v = v + stray * rng.normal(0, 20 * noise, len(v))
    if resolution:
        v = np.round(v / resolution) * resolution
    keep = _gaps(rng, t, f, half_lengths)
    columns = {
        "Test Time / s": t[keep],
        "Voltage / V": flip * v[keep],
        "Current / A": i[keep],
    }
    if rng.random() < 0.6:
        columns["Step Index / 1"] = steps[keep]
    if with_eis:
        columns |= {
            "Frequency / Hz": f[keep],
            "Real Impedance / ohm": re[keep],
            "Imaginary Impedance / ohm": im[keep],
        }
    return Case(
        seed=seed,
        fate=fate,
        columns=columns,
        area_cm2=area,
        separator_thickness_um=cell["thickness"],
        separator_conductivity_mS_cm=cell["conductivity"],
        levels=tuple(levels),
        half_step_levels=tuple(level for level, _ in order[:ended]),
        void_level=void_level,
        short_half_step=short if short is None or short <= ended else None,
        short_fraction=None if fault is None else fault.start,
        healed=fault is not None and fault.heals,
        traits={
            "noise_mV": noise * 1e3, "samples": samples, "resolution_mV": resolution * 1e3, "with_eis": with_eis,
            "one_way": protocol["one_way"], "fixed": protocol["fixed"], "rest": protocol["rest"],
            "repeats": protocol["repeats"], "forming": cell["forming"], "forming_tau": cell["forming_half_steps"],
            "rise": rise, "depth": None if fault is None else fault.depth, "flip": flip,
            "polarisation_mV": None if short is None else float(
                levels[order[short - 1][0] - 1] * (cell["separator"] + cell["interface"])),
            "interphase": cell["interphase"], "order": order,
        },
    )  # fmt: skip


class _Fault:
    """What a short leaves of the resistance, over the half steps."""

    def __init__(self, rng, fate, half_step):
        self.rng, self.half_step = rng, half_step
        self.hard = "hard" in fate
        self.depth = rng.uniform(0.005, 0.1) if self.hard else rng.uniform(0.3, 0.68)
        self.start = rng.uniform(0.0, 0.88)
        self.heals = bool(rng.random() < 0.4)
        length = rng.uniform(0.12, 1.3) if self.heals else np.inf
        self.stop = self.start + length
        self.onset = 0.0 if self.hard else rng.choice([0.0, rng.uniform(0, 0.05)])
        self.spread = rng.uniform(0.05, 0.3) if self.hard else rng.uniform(0.03, 0.12)
        self.correlation = 10 ** rng.uniform(-2, -0.7)
        self.recovery = rng.uniform(0.95, 1.0)
        self.state = 0.0

    def __call__(self, number, local, duration):
        along = number - self.half_step + local / duration
        factor = np.ones(len(local))
        within = (along >= self.start) & (along <= self.stop)
        if within.any():
            x = along[within]
            path = self.depth * np.exp(_wander(self.rng, x, self.correlation, self.spread))
            if not self.hard:
                path = np.minimum(path, 0.7)
                if self.onset:
                    path = 1 - (1 - path) * np.clip((x - self.start) / self.onset, 0, 1)
            factor[within] = path
        factor[along > self.stop] = self.recovery
        return factor


def _fault(rng, fate, durations, order, short):
    return None if short is None else _Fault(rng, fate, short)


def _gaps(rng, t, frequency, half_lengths):
    """Rows that are kept: now and then a part of a half step is missing."""
    keep = np.ones(len(t), dtype=bool)
    for _ in range(int(rng.choice([0, 0, 1, 3, 6]))):
        start = rng.uniform(t[0], t[-1])
        length = rng.uniform(0.01, 0.06) * float(np.median(half_lengths))
        keep &= ~((t > start) & (t < start + length) & np.isnan(frequency))
    return keep

"""What a test of the critical current will report, and how many cells of a batch live: voids and flaws together.

Every virtual cell has a worst flaw of its own (`natron.interface.shorts.survival`) and voids at its solid metal
electrodes (`natron.interface.shorts.voids`); the fewer contact is left, the higher the current that meets the flaw.
What is not known is drawn too: each draw of the uncertain parameters is a batch of cells, so that the spread from
cell to cell and the doubt about the parameters stay apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, Quantity
from natron.core.kinds import kind
from natron.core.uncertainty import draw
from natron.interface.shorts.conditions import ABOVE_ZERO, Bench
from natron.interface.shorts.protocol import Protocol
from natron.interface.shorts.survival import law_of
from natron.interface.shorts.virtual_cells import NEVER, Engine, Population, run
from natron.interface.shorts.voids import VoidModel

Array = NDArray[np.float64]

INTERVAL = (0.05, 0.95)
"""Quantiles between which an interval of 90 % lies."""

CELLS_PER_BATCH = 100
"""Cells for each draw of the parameters; their flaws are spread evenly over the population's quantiles."""

MOST_CELLS, MOST_STEPS = 2_000_000, 4_000_000_000
"""Limits on virtual cells, and on cells times half steps: some minutes of work."""

LEAST_DRAW = 0.1
"""Share of its nominal value below which no draw of an input goes that must be above zero."""

NOMINAL_CELLS = 2000
"""Cells of the batch at the nominal parameters and of each bar of the tornado."""


@dataclass(frozen=True)
class Spread:
    """A distribution over virtual cells; a quantile that lies beyond the protocol is None.

    Attributes
    ----------
    median, low, high : Quantity or None
        The 50, 5 and 95 % quantiles.
    share : float
        Of the cells in which it happens within the protocol.
    """

    median: Quantity | None
    low: Quantity | None
    high: Quantity | None
    share: float


@dataclass(frozen=True)
class Effect:
    """How one uncertain parameter moves the outcome, the others at their nominal values.

    Attributes
    ----------
    name : str
    low, high : Quantity
        The ends tried: of its range, or one standard uncertainty either way.
    at_low, at_high : float or None
        The outcome there, SI; None beyond the protocol.
    """

    name: str
    low: Quantity
    high: Quantity
    at_low: float | None
    at_high: float | None

    @property
    def swing(self) -> float:
        """|difference| of the outcomes; infinite where one lies beyond the protocol."""
        if self.at_low is None and self.at_high is None:
            return 0.0
        if self.at_low is None or self.at_high is None:
            return math.inf
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class Prediction:
    """A batch sent through a protocol.

    Attributes
    ----------
    bench : Bench
    protocol : Protocol
    cells : int
        Virtual cells drawn.
    contact_loss, short, end : Spread
        Currents at which an electrode loses contact (short or not), at which the cell shorts before that, and the
        first of both: predictive, parameters drawn.
    nominal_contact_loss, nominal_short, nominal_end : Spread
        The same for one batch at the nominal parameters.
    alive : ndarray, shape (4, cycles)
        Share of cells alive after each cycle: the nominal batch; then mean, 5 and 95 % quantile over the draws.
    short_free : ndarray, shape (4, cycles)
        The same of the flaws alone, had no void grown.
    ended_at : Mapping[str, ndarray], shape (cycles,)
        Share of all virtual cells that end in each cycle by ``short`` and by ``contact_loss``.
    batch_shares : ndarray, shape (draws,)
        Share alive at the end in each draw.
    weibull_modulus : float or None
        Of the end's current in the nominal batch, from its 10 and 90 % quantiles; None where it is not spread.
    effects : tuple of Effect
        Largest first.
    outcome : str
        What the effects are on: ``critical_current`` or ``survival``.
    assumed : Mapping[str, Quantity]
        The inputs that are assumptions.
    warnings : tuple of str
    """

    bench: Bench
    protocol: Protocol
    cells: int
    contact_loss: Spread
    short: Spread
    end: Spread
    nominal_contact_loss: Spread
    nominal_short: Spread
    nominal_end: Spread
    alive: Array
    short_free: Array
    ended_at: Mapping[str, Array]
    batch_shares: Array
    weibull_modulus: float | None
    effects: tuple[Effect, ...]
    outcome: str
    assumed: Mapping[str, Quantity]
    warnings: tuple[str, ...]


def predict(
    bench: Bench,
    protocol: Protocol,
    *,
    outcome: str = "critical_current",
    cells: int = 10_000,
    seed: int = 1,
    engine: Engine = "auto",
) -> Prediction:
    """Send virtual cells through a protocol.

    Parameters
    ----------
    bench : Bench
    protocol : Protocol
    outcome : str
        What the tornado is on: ``critical_current`` (median current at which a batch ends) or ``survival`` (share
        alive at the end).
    cells : int
        In batches of `CELLS_PER_BATCH`, each with parameters of its own; at least one batch of each.
    seed : int
        The same seed gives the same answer.
    engine : str
        See `natron.interface.shorts.virtual_cells.run`.

    Raises
    ------
    InputError
        Where there are too few or too many cells.
    """
    if not CELLS_PER_BATCH <= cells <= MOST_CELLS:
        raise InputError(
            "this number of cells is out of range", given=cells, allowed=f"{CELLS_PER_BATCH} to {MOST_CELLS}"
        )
    if (work := cells * len(protocol.current_A_m2)) > MOST_STEPS:
        raise InputError(
            "this is too much to compute",
            given=f"{work:.2g} half steps of single cells",
            allowed=f"up to {MOST_STEPS:.2g}",
            hint="Take fewer cells, fewer cycles or larger increments.",
        )  # fmt: skip
    draws = cells // CELLS_PER_BATCH
    values = _drawn(bench, draws, seed)
    nominal = {name: np.array([q.value]) for name, q in bench.inputs.items()}
    drawn = _send(bench, protocol, values, CELLS_PER_BATCH, seed, engine)
    central = _send(bench, protocol, nominal, NOMINAL_CELLS, seed, engine)
    alive = np.vstack([_alive(protocol, central)[0], _bands(_alive(protocol, drawn))])
    of_flaws = [
        _alive(protocol, _send(bench, protocol, v, n, seed, engine, voids=False))
        for v, n in ((nominal, NOMINAL_CELLS), (values, CELLS_PER_BATCH))
    ]
    short_free = np.vstack([of_flaws[0][0], _bands(of_flaws[1])])
    of_drawn, of_central = (_spreads(protocol, fates) for fates in (drawn, central))
    effects = _effects(bench, protocol, outcome, seed, engine)
    return Prediction(
        bench,
        protocol,
        draws * CELLS_PER_BATCH,
        *of_drawn,
        *of_central,
        alive,
        short_free,
        _ended_at(protocol, drawn),
        _alive(protocol, drawn)[:, -1],
        _weibull_modulus(protocol, central),
        effects,
        outcome,
        {name: q for name, q in bench.inputs.items() if q.origin == "assumed" and q.standard_uncertainty},
        bench.warnings,
    )


def _drawn(bench: Bench, draws: int, seed: int) -> dict[str, Array]:
    """Samples of every uncertain input, shape (draws,); the batch's share of failures from its Jeffreys posterior."""
    found = draw(bench.inputs, samples=draws, seed=seed)
    values = {name: np.broadcast_to(np.asarray(value, dtype=float), draws) for name, value in found.items()}
    for name, value in values.items():
        # the far tail of a normal draw; the nominal value and its ± are above zero
        floor = bench.inputs[name].value * LEAST_DRAW if name in ABOVE_ZERO else 0.0
        values[name] = np.maximum(value, floor)
    failed, of = bench.inputs["batch_failed"].value, bench.inputs["batch_cells"].value
    generator = np.random.Generator(np.random.PCG64(seed + 1))
    values["batch_failed_share"] = generator.beta(failed + 0.5, of - failed + 0.5, draws)
    return values


@dataclass(frozen=True)
class _Sent:
    """Fates of batches: shape (batches, cells of a batch)."""

    shorted: NDArray[np.int32]
    lost: NDArray[np.int32]


def _send(
    bench: Bench,
    protocol: Protocol,
    values: Mapping[str, Array],
    each: int,
    seed: int,
    engine: Engine,
    *,
    voids: bool = True,
) -> _Sent:
    """Batches of `each` cells, one for each element of the values, through the protocol; with or without voids."""
    model = VoidModel.of(values["molar_mass"] / values["density"], values)
    law = law_of({**values, "reference_area": values["reference_area"]})
    j_rep = model.replenishing_current(values["pressure"], bench.temperature_K, np)
    scale = law.scale_A_m2(bench.area_m2) * values["conductivity_ratio"]
    if not voids:
        # an electrode without voids counts as whole; what the making left open still crowds the current
        scale = scale * np.where(any(bench.voids), values["contact_fraction"], 1.0)
    batches = len(j_rep)

    def spread(x: Any) -> Array:
        return np.repeat(np.broadcast_to(np.asarray(x, dtype=float), batches), each)

    fates = run(
        protocol.current_A_m2,
        protocol.duration_s,
        Population(
            spread(values["contact_fraction"]),
            spread(model.per_charge),
            spread(j_rep),
            spread(values["refill_efficiency"]),
            spread(values["closure_rate"]),
            spread(scale)[:, None] * _flaws(batches, each, seed) ** (1 / spread(law.weibull_modulus))[:, None],
            spread(law.growth_exponent),
            spread(law.cycles),
            bench.voids if voids else (False, False),
            bench.plates,
        ),
        engine=engine,
    )
    return _Sent(fates.shorted_at.reshape(batches, each), fates.contact_lost_at.reshape(batches, each))


def _flaws(batches: int, each: int, seed: int) -> Array:
    """−ln of evenly spaced quantiles of strength, shape (batches·each, 2): each electrode in an order of its own."""
    quantiles = -np.log((np.arange(each) + 0.5) / each)
    generator = np.random.Generator(np.random.PCG64(seed + 2))
    orders = generator.permuted(np.tile(quantiles, (2 * batches, 1)), axis=1)
    return np.column_stack([orders[:batches].ravel(), orders[batches:].ravel()])


def _when(half_step: NDArray[np.int32]) -> Array:
    """Half steps as floats, infinite for what never happened."""
    return np.where(half_step == NEVER, np.inf, half_step)


def _end(sent: _Sent) -> Array:
    """Half step in which each cell ends."""
    return np.minimum(_when(sent.shorted), _when(sent.lost))


def _alive(protocol: Protocol, sent: _Sent) -> Array:
    """Share alive after each cycle, shape (batches, cycles)."""
    last = np.flatnonzero(np.diff(protocol.cycle, append=protocol.cycle[-1] + 1))
    end = np.sort(_end(sent), axis=1)
    return np.array([1 - np.searchsorted(row, last, side="right") / row.size for row in end])


def _ended_at(protocol: Protocol, sent: _Sent) -> dict[str, Array]:
    """Share of cells that end in each cycle, by cause."""
    end, short = _end(sent), _when(sent.shorted)
    found = {}
    for name, here in (("short", np.isfinite(short)), ("contact_loss", np.isfinite(end) & ~np.isfinite(short))):
        counts = np.bincount(protocol.cycle[end[here].astype(int)] - 1, minlength=int(protocol.cycle[-1]))
        found[name] = counts / end.size
    return found


def _bands(shares: Array) -> Array:
    """Mean and interval over batches, shape (3, cycles)."""
    return np.vstack([shares.mean(axis=0), np.quantile(shares, INTERVAL, axis=0)])


def _spreads(protocol: Protocol, sent: _Sent) -> tuple[Spread, Spread, Spread]:
    """Of contact loss, short and end, as currents."""
    # a cell that has shorted before contact is lost still tells what its voids would have done
    return _spread(protocol, _when(sent.lost)), _spread(protocol, _when(sent.shorted)), _spread(protocol, _end(sent))


def _spread(protocol: Protocol, half_step: Array) -> Spread:
    current = _current_at(protocol, half_step)
    found = [float(np.quantile(current, q, method="higher")) for q in (0.5, *INTERVAL)]
    quantities = [Quantity(x, None, "current_density", "predicted") if math.isfinite(x) else None for x in found]
    return Spread(quantities[0], quantities[1], quantities[2], float(np.isfinite(current).mean()))


def _current_at(protocol: Protocol, half_step: Array) -> Array:
    """Amount of the current in those half steps, infinite where there is none."""
    index = np.where(np.isfinite(half_step), half_step, 0).astype(int)
    return np.where(np.isfinite(half_step), np.abs(protocol.current_A_m2)[index], np.inf)


def _weibull_modulus(protocol: Protocol, sent: _Sent) -> float | None:
    """From the 10 and 90 % quantiles, ln F⁻¹ being straight."""
    low, high = np.quantile(_current_at(protocol, _end(sent)), (0.1, 0.9), method="higher")
    if not math.isfinite(high) or high <= low:
        return None
    return float(math.log(math.log(0.1) / math.log(0.9)) / math.log(high / low))


def _effects(bench: Bench, protocol: Protocol, outcome: str, seed: int, engine: Engine) -> tuple[Effect, ...]:
    """Each uncertain input at both ends, all in one run of many batches."""
    names = [name for name, q in bench.inputs.items() if q.standard_uncertainty]
    ends: list[Quantity] = []
    for name in names:
        ends += _ends(bench.inputs[name])
    failed = bench.inputs["batch_failed"].value / bench.inputs["batch_cells"].value
    rows = len(ends) + 2
    values = {name: np.full(rows, q.value) for name, q in bench.inputs.items()}
    values["batch_failed_share"] = np.full(rows, failed)
    for i, (name, end) in enumerate(zip(np.repeat(names, 2), ends, strict=True)):
        values[str(name)][i] = end.value
    # the count of the batch is known; what it says of all cells is not
    from scipy.stats import beta

    posterior = beta(
        bench.inputs["batch_failed"].value + 0.5,
        bench.inputs["batch_cells"].value - bench.inputs["batch_failed"].value + 0.5,
    )
    shares = [float(posterior.ppf(q)) for q in (0.1587, 0.8413)]
    values["batch_failed_share"][-2:] = shares
    sent = _send(bench, protocol, values, NOMINAL_CELLS // 4, seed, engine)
    if outcome == "survival":
        found = [float(x) for x in _alive(protocol, sent)[:, -1]]
    else:
        found = [float(x) for x in np.quantile(_current_at(protocol, _end(sent)), 0.5, axis=1, method="higher")]
    got = [x if math.isfinite(x) else None for x in found]
    names.append("batch_failed_share")
    ends += [Quantity(x, None, "share", "calibrated") for x in shares]
    effects = [Effect(n, ends[2 * i], ends[2 * i + 1], got[2 * i], got[2 * i + 1]) for i, n in enumerate(names)]
    return tuple(sorted(effects, key=lambda effect: -effect.swing))


def _ends(q: Quantity) -> tuple[Quantity, Quantity]:
    """A range's ends, or one standard uncertainty either way, inside what the kind allows."""
    reach = q.uncertainty if q.uncertainty_kind == "range" and q.uncertainty is not None else q.standard_uncertainty
    k = kind(q.kind)
    low, high = max(q.value - reach, k.minimum), min(q.value + reach, k.maximum)
    return replace(q, value=low, uncertainty=None), replace(q, value=high, uncertainty=None)


@dataclass(frozen=True, slots=True)
class Batch:
    """How many cells of a batch are alive at the end, what is not known of the parameters included.

    Attributes
    ----------
    cells : int
    mean : float
    low, high : int
        Between them lie 90 % of such batches.
    """

    cells: int
    mean: float
    low: int
    high: int


def batch_alive(found: Prediction, cells: int = 10) -> Batch:
    """The survivors of a batch: binomial in each draw, mixed over the draws.

    Raises
    ------
    InputError
        Where the batch has no cell or more than 10 000.
    """
    if not 1 <= cells <= 10_000:
        raise InputError("this size of a batch is out of range", given=cells, allowed="1 to 10 000")
    from scipy.stats import binom

    counts = np.arange(cells + 1)
    cumulative = binom.cdf(counts[:, None], cells, found.batch_shares[None, :]).mean(axis=1)
    low, high = (int(np.searchsorted(cumulative, q - 1e-12)) for q in INTERVAL)
    return Batch(cells, float(cells * found.batch_shares.mean()), low, high)

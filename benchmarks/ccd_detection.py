"""How often the critical-current analysis is right, on synthetic tests whose fate is known.

    python benchmarks/ccd_detection.py [cases] [--tuning]

The tests come from `tests/cycling/ccd_generator.py`, which knows nothing of natron. Seeds below 1000 were looked at
while thresholds were chosen; the figures are those of seeds from 1000 on, never looked at, unless --tuning asks for the
others. A short is found where the first one reported lies within one half step of the true one; a void onset where
the step reported is within one of the true one (cells that short before both half steps of that step are over have no
onset to be found).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import polars as pl

from natron.cycling.failure.ccd import critical_current
from natron.data import CyclingRecord, Provenance, cycling_record

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "cycling"))
from ccd_generator import Case, make_case  # noqa: I001 (its folder is only known now)


FRESH = 2000
"""First seed that was not looked at."""


def record_of(case: Case) -> CyclingRecord:
    """The case as an instrument's file would give it."""
    table = pl.DataFrame(case.columns).fill_nan(None)
    return cycling_record(table, Provenance(), area_m2=case.area_cm2 * 1e-4, kind="symmetric")


def judge(case: Case) -> Counter[str]:
    """What of one case was right."""
    found = critical_current(record_of(case))
    right: Counter[str] = Counter(cases=1, ambiguous=bool(found.ambiguous))
    if case.short_half_step is None:
        right.update(sound=1, false_alarms=found.short is not None, false_ccd=found.survived_A is not None)
    else:
        hit = found.short is not None and abs(found.short.half_step - case.short_half_step) <= 1
        kind = "hard" if "hard" in case.fate else "soft"
        right.update({"shorts": 1, "shorts_found": hit, kind: 1, f"{kind}_found": hit})
        if found.survived_A_m2 is not None and found.failed_A_m2 is not None:
            truth = case.levels[case.short_level - 1] * 10
            right.update(brackets=found.survived_A_m2 < truth * 1.001 and truth < found.failed_A_m2 * 1.001)
        if found.short is not None and found.short.half_step < case.short_half_step - 1:
            right.update(false_alarms_before_short=1)
    onset = found.void_onset
    if case.void_level is None:
        right.update(without_voids=1, false_onsets=onset is not None)
    else:
        last = max(k for k, level in enumerate(case.half_step_levels, start=1) if level == case.void_level)
        if case.short_half_step is None or case.short_half_step > last:
            level = None if onset is None else case.half_step_levels[onset.half_step - 1]
            right.update(onsets=1, onsets_found=level is not None and abs(level - case.void_level) <= 1)
    return right


def rates(seeds: range) -> Counter[str]:
    """Counts over the seeds."""
    total: Counter[str] = Counter()
    for seed in seeds:
        total.update(judge(make_case(seed)))
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=int, default=500)
    parser.add_argument("--tuning", action="store_true", help="the seeds on which thresholds were chosen")
    asked = parser.parse_args()
    begun = time.perf_counter()
    total = rates(range(asked.cases) if asked.tuning else range(FRESH, FRESH + asked.cases))
    print(f"{total['cases']} cases in {time.perf_counter() - begun:.0f} s")
    for words, hits, of in (
        ("shorts found within one half step", "shorts_found", "shorts"),
        ("  hard", "hard_found", "hard"),
        ("  soft", "soft_found", "soft"),
        ("  the true step lies in the bracket", "brackets", "shorts"),
        ("  alarms more than one half step too early", "false_alarms_before_short", "shorts"),
        ("false alarms on cells that do not short", "false_alarms", "sound"),
        ("  of these a critical current was given", "false_ccd", "sound"),
        ("void onsets found within one step", "onsets_found", "onsets"),
        ("false void onsets", "false_onsets", "without_voids"),
        ("cells with an ambiguous half step", "ambiguous", "cases"),
    ):
        share = 100 * total[hits] / max(total[of], 1)
        print(f"{words:48s} {total[hits]:5d} of {total[of]:5d}  {share:6.2f} %")


if __name__ == "__main__":
    main()

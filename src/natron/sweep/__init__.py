"""Questions asked of many cells at once: grids, even and random samples, on this machine or on a cluster.

`load_spec` reads a sweep, `run_sweep` runs it `Here`, on `LocalWorkers` or on `ClusterWorkers`; with a project each
finished batch is kept, and a sweep that was stopped goes on where it was.

They are loaded when first used: a worker needs few of them, and should be quick to start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.sweep.cluster import ClusterWorkers, SchedulerLostError
    from natron.sweep.indices import Indices, pareto, sobol, varies
    from natron.sweep.local import Here, LocalWorkers
    from natron.sweep.running import Plan, SweepResult, run_plan, run_sweep, settings_of
    from natron.sweep.sampling import METHODS, Range, Values, sample
    from natron.sweep.spec import Spec, load_spec, parse_spec
    from natron.sweep.subjects import COMMANDS, Subject, payload, subject

_HOMES = {
    "COMMANDS": "subjects",
    "ClusterWorkers": "cluster",
    "Here": "local",
    "Indices": "indices",
    "LocalWorkers": "local",
    "METHODS": "sampling",
    "Plan": "running",
    "Range": "sampling",
    "SchedulerLostError": "cluster",
    "Spec": "spec",
    "Subject": "subjects",
    "SweepResult": "running",
    "Values": "sampling",
    "load_spec": "spec",
    "pareto": "indices",
    "parse_spec": "spec",
    "payload": "subjects",
    "run_plan": "running",
    "run_sweep": "running",
    "sample": "sampling",
    "settings_of": "running",
    "sobol": "indices",
    "subject": "subjects",
    "varies": "indices",
}

__all__ = [
    "COMMANDS",
    "METHODS",
    "ClusterWorkers",
    "Here",
    "Indices",
    "LocalWorkers",
    "Plan",
    "Range",
    "SchedulerLostError",
    "Spec",
    "Subject",
    "SweepResult",
    "Values",
    "load_spec",
    "pareto",
    "parse_spec",
    "payload",
    "run_plan",
    "run_sweep",
    "sample",
    "settings_of",
    "sobol",
    "subject",
    "varies",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

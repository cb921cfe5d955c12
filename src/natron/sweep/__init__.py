"""Questions asked of many cells at once: grids, even and random samples, on this machine or on a cluster.

`load_spec` reads a sweep, `run_sweep` runs it `Here`, on `LocalWorkers` or on `ClusterWorkers`; with a project each
finished batch is kept, and a sweep that was stopped goes on where it was.
"""

from natron.sweep.cluster import ClusterWorkers, SchedulerLostError
from natron.sweep.indices import Indices, pareto, sobol
from natron.sweep.local import Here, LocalWorkers
from natron.sweep.running import Plan, SweepResult, run_plan, run_sweep, settings_of
from natron.sweep.sampling import METHODS, Range, Values, sample
from natron.sweep.spec import Spec, load_spec, parse_spec
from natron.sweep.subjects import COMMANDS, Subject, payload, subject

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
]

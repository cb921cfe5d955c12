"""Every own reader, the circuit notation and the cell file under atheris.

    python benchmarks/fuzz/fuzz.py TARGET [--seconds-of-cpu 600] [--corpus DIR] [--finds DIR] [--seed N]
    python benchmarks/fuzz/fuzz.py TARGET --replay FILE…
    python benchmarks/fuzz/fuzz.py --list

Needs atheris (3.0) beside natron with its extras biologic, neware and arbin. What counts as a fault stands in
trial.py: anything raised that is no NatronError, a warning, more than 5 s, or more memory than ten times the
input and 200 MB. A fault does not stop the run: its input is kept under --finds, the shortest for each place
in the code, and at the end each is tried again in a fresh process without instrumentation; only what is a fault
there too is counted. A crash of the whole process or a hang in compiled code ends libFuzzer; it is started
anew with what is left of the budget. The last line on stdout is the run's row for RUNS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

INSTRUMENTED = ("natron.io", "natron.data", "natron.core", "natron.cell", "natron.eis.circuits", "galvani", "fastnda")
MIN_LENGTH, MAX_LENGTH = 2048, 65_536
TIMEOUT_S = 900
"""libFuzzer's own, for what hangs in compiled code; of wall time, so other work on the machine counts."""
MEMORY_MB = 4096
_PULSE_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?")
    parser.add_argument("--seconds-of-cpu", type=float, default=600.0)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--finds", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path, nargs="+")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    if given.worker:
        return work(given.target, **json.loads(given.worker))
    from targets import targets

    known = targets()
    if given.list:
        print("\n".join(known))
        return 0
    if given.target not in known:
        parser.error(f"the target is one of {', '.join(known)}")
    if given.replay:
        return replay(given.target, given.replay)
    folder = Path(tempfile.gettempdir()) / "natron-fuzz" / given.target
    corpus, finds = given.corpus or folder / "corpus", given.finds or folder / "finds"
    return run(given.target, corpus, finds, given.seconds_of_cpu, given.seed)


def run(name: str, corpus: Path, finds: Path, budget_s: float, seed: int) -> int:
    """Worker after worker until the CPU time is spent; then the finds tried again, and the row."""
    from targets import targets

    target = targets()[name]
    corpus.mkdir(parents=True, exist_ok=True)
    finds.mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    for data in seeds:
        (corpus / sha256(data).hexdigest()).write_bytes(data)
    words = finds / "words.dict"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    spent, executions, covered, died = 0.0, 0, "", 0
    while spent < budget_s - 1:
        left = {"corpus": str(corpus), "finds": str(finds), "seed": seed + died, "budget_s": budget_s - spent}
        command = [sys.executable, __file__, name, "--worker", json.dumps(left)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace")
        assert process.stderr is not None
        last: list[str] = []
        for line in process.stderr:
            if found := re.match(r"#\d+.* cov: (\d+) ft: (\d+) corp: (\d+)/", line):
                covered = f"{found[1]} edges, {found[2]} features, {found[3]} inputs"
            else:
                last = [*last[-40:], line]
        code = process.wait()
        pulse = json.loads((finds / "pulse.json").read_text())
        spent, executions = spent + pulse["cpu_s"], executions + pulse["executions"]
        if code:
            died += 1
            (finds / f"died-{died}.log").write_text("".join(last))
            print(f"the worker ended with {code} after {pulse['cpu_s']:.0f} s; see died-{died}.log", file=sys.stderr)
            if died > 20 or pulse["executions"] == 0:
                return 1
    confirmed, seen = _confirmed(name, finds)
    for story in confirmed:
        print(story, file=sys.stderr)
    date = datetime.now(UTC).date().isoformat()
    print(
        f"| {name} | {date} | {spent:.0f} | {executions} | {len(seeds)} seeds; {covered} | {len(confirmed)} of {seen} |"
    )
    return 1 if confirmed else 0


def work(name: str, corpus: str, finds: str, seed: int, budget_s: float) -> int:
    """The instrumented process; it ends itself when its CPU time is spent."""
    import atheris

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from targets import targets

        for module in ("natron.cell", "natron.eis.circuits.notation", "galvani.BioLogic", "fastnda"):
            __import__(module)
    from trial import fault

    target, folder = targets()[name], Path(finds)
    # longer inputs than a few seeds one after the other only cost time
    longest = min(MAX_LENGTH, max(MIN_LENGTH, 3 * max(map(len, target.seeds()))))
    pulse = folder / "pulse.json"
    executions, told = 0, 0.0

    def tell() -> None:
        pulse.write_text(json.dumps({"cpu_s": _cpu_s(), "executions": executions}))

    def test(data: bytes) -> None:
        nonlocal executions, told
        executions += 1
        broken = fault(target.call, data)
        if broken is not None:
            label = re.sub(r"[^\w.:-]+", "_", broken.place)
            kept = folder / f"find-{label}"
            if not kept.exists() or len(data) < kept.stat().st_size:
                kept.write_bytes(data)
                (folder / f"said-{label}.txt").write_text(broken.said)
        now = _cpu_s()
        if now > told + _PULSE_S:
            told = now
            tell()
        if now > budget_s:
            tell()
            os._exit(0)

    tell()
    flags = [
        *(f"-max_len={longest}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}", f"-seed={seed}"),
        *(f"-artifact_prefix={finds}/died-", "-print_final_stats=0", "-len_control=0"),
        *([f"-dict={finds}/words.dict"] if target.words else []),
    ]
    options = {}
    if target.mutator is not None:
        mutator = target.mutator
        options["custom_mutator"] = lambda data, limit, number: mutator(data, limit, number, atheris.Mutate)
    atheris.Setup([sys.argv[0], *flags, corpus], test, **options)
    atheris.Fuzz()
    return 0


def _cpu_s() -> float:
    """CPU time of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def replay(name: str, files: Sequence[Path]) -> int:
    """Each file tried without instrumentation, and what came of it."""
    from targets import targets
    from trial import fault

    target = targets()[name]
    for seed in target.seeds():  # what is imported or compiled on first use is nobody's memory
        fault(target.call, seed)
    broken = 0
    for file in files:
        data = file.read_bytes()
        begun = time.process_time()
        found = fault(target.call, data)
        said = "kept" if found is None else f"{found.place}\n{found.said}"
        print(f"{file.name}: {len(data)} bytes, {time.process_time() - begun:.2f} s: {said}")
        broken += found is not None
    return 1 if broken else 0


def _confirmed(name: str, finds: Path) -> tuple[list[str], int]:
    """The finds that are faults in a fresh process too, with what they say; and how many there were."""
    files = [file for file in sorted(finds.glob("find-*")) + sorted(finds.glob("died-*-*")) if file.is_file()]
    confirmed = []
    for file in files:
        command = [sys.executable, __file__, name, "--replay", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            confirmed.append(done.stdout or f"{file.name}: the process ended with {done.returncode}\n{done.stderr}")
    return confirmed, len(files)


def _escaped(word: str) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word.encode())


if __name__ == "__main__":
    sys.exit(main())

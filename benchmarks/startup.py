"""How long natron takes to start, beside Python itself: medians of interleaved whole processes."""

import statistics
import subprocess
import sys
import time

RUNS = 9
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import natron": [sys.executable, "-c", "import natron"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "natron design --json": [sys.executable, "-m", "natron", "design", "lowack2025-cell1", "--json"],
    "natron audit --json": [sys.executable, "-m", "natron", "audit", "--json"],
}


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - started)
    bare = statistics.median(times["python -c pass"])
    print(f"{'command':24}{'median s':>10}{'ratio':>8}   (median of {RUNS}, interleaved; ratio to bare Python)")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:24}{median:10.3f}{median / bare:8.1f}")


if __name__ == "__main__":
    main()

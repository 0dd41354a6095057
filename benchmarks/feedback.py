"""How long a student waits: seconds to the first verdict line and to the whole panel, and the engine's own share.

    python benchmarks/feedback.py [--runs 5] [ASSIGNMENT ...]

Runs `pytest assignments/NN` on the start and on the solution, with nothing else on the machine. The engine's own
share is what is left of the wall time without the checks: starting pytest, collecting, reading, writing, printing. The
first check includes the start of the fork server, so the import of the framework. Prints the median and the range over
the runs; paste the table into RESULTS.md with date and hardware.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from grader import catalog, machine, panel  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("assignment", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    chosen = [catalog.find(a) for a in arguments.assignment] or [catalog.load(f) for f in catalog.folders()]
    print(f"{machine.describe()}; torch {machine.version('torch')}; {arguments.runs} runs each")
    print("| assignment | whose | first verdict, s | whole panel, s | engine's own share |")
    print("|---|---|---|---|---|")
    for assignment in chosen:
        for side in assignment.sides:
            for whose, path in (("start", assignment.start(side)), ("solution", assignment.solution(side))):
                runs = [one_run(assignment, path) for _ in range(arguments.runs)]
                cells = [spread([run[i] for run in runs], unit) for i, unit in enumerate((1, 1, 100))]
                print(f"| {assignment.number} {side.framework} | {whose} | " + " | ".join(cells) + " |", flush=True)


def one_run(assignment, task):
    """Seconds to the first verdict line, seconds to the end, and the engine's share of the latter."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "results.json")
        command = [sys.executable, "-m", "pytest", str(assignment.folder), "-p", "no:cacheprovider"]
        command += ["--against", str(task), "--results", str(out)]
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        first = next(time.perf_counter() for line in process.stdout if line.startswith(tuple(panel.MARKS.values())))
        process.stdout.read()
        process.wait()
        end = time.perf_counter()
        spent = sum(check.get("seconds", 0) for check in json.loads(out.read_text())["checks"])
    return first - start, end - start, 1 - spent / (end - start)


def spread(values, unit):
    """Median (least to most), in percent when the unit is 100."""
    sign, digits = ("%", 0) if unit == 100 else ("", 1)
    low, middle, high = (f"{unit * v:.{digits}f}" for v in (min(values), statistics.median(values), max(values)))
    return f"{middle}{sign} ({low} to {high})"


if __name__ == "__main__":
    main()

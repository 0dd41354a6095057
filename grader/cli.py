"""The `grader` command. Verbs and options only; each verb's work is in its own module, imported when used."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from grader import __version__, catalog, plain
from grader.errors import UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb. Returns 0 (fine), 1 (a finding, see the text) or 2 (a mistake in the call)."""
    plain.protect(sys.stdout, sys.stderr)
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is as gentle as Ctrl-C
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except UsageError as error:
        print(f"grader: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `grader diff 03 | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nStopped. Nothing that was finished is lost; the same command goes on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grader", description="Check exercises, grade classes.")
    parser.add_argument("--version", action="version", version=f"grader {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    verb("list", _list, "assignments, and where you stand")
    hint = verb("hint", _hint, "a hint for a TODO, in three levels")
    hint.add_argument("assignment", help="number or name, for example 03")
    hint.add_argument("todo", nargs="?", type=int, help="number of the TODO")
    hint.add_argument("level", nargs="?", type=int, help="1, 2 or 3")
    hint.add_argument("--framework", help="torch or tensorflow; else the one whose task file you have edited")
    for name, run, text in (
        ("diff", _diff, "your changes against the start"),
        ("reset", _reset, "begin again; what you have is kept beside"),
    ):
        desk = verb(name, run, text)
        desk.add_argument("assignment", help="number or name, for example 03")
        desk.add_argument("--framework", help="torch or tensorflow; both when none is named")
    grade = verb("grade", _grade, "grade a folder of submissions; the same command resumes")
    forms = "<student>/task.py, <student>/<assignment>/task.py, or either in <student>.zip"
    grade.add_argument("submissions", type=Path, help=f"a folder with a folder or a .zip per student: {forms}")
    grade.add_argument("--assignment", action="append", help="grade only this one (may be repeated)")
    grade.add_argument("--out", type=Path, default=Path("build/results"), help="results folder (%(default)s)")
    report = verb("report", _report, "table of graded results, or their pages and a CSV")
    report.add_argument("results", type=Path, help="the results folder of `grader grade`")
    report.add_argument("--html", type=Path, help="write the class page to this file, and a page per student beside it")
    report.add_argument("--csv", type=Path, help="write one row per student, assignment, framework and check")
    verify = verb("verify", _verify, "prove assignments: starts fail, solutions pass, wrong answers are caught")
    verify.add_argument("assignment", nargs="*", help="all when none is named")
    verify.add_argument("--full", action="store_true", help="run every wrong answer against every check")
    edition = verb("release", _release, "make the student edition: without solutions, wrong answers, hostile cases")
    edition.add_argument("dir", type=Path, metavar="DIR", help="a new or empty folder outside of the repository")
    acceptance = verb("acceptance", _acceptance, "is this machine fit to grade speed on?")
    acceptance.add_argument("assignment", nargs="*", help="all when none is named")
    acceptance.add_argument("--minutes", type=float, default=10, help="how long; each race once at least (%(default)s)")
    acceptance.add_argument("--load", type=int, default=0, metavar="N", help="plant N bursty processes beside")
    doctor = verb("doctor", _doctor, "is this machine fit and safe to grade on? In a job: are its GPUs there?")
    doctor.add_argument("--site", help="only whether this job has the GPUs that it asked for on this site")
    doctor.add_argument(
        "--gpus", default="1", metavar="[TYPE:]N", help="what the job asked for on this node (%(default)s)"
    )
    return parser


def _list(_: argparse.Namespace) -> int:
    from grader import desk

    print(desk.progress())
    return 0


def _hint(arguments: argparse.Namespace) -> int:
    from grader import hints, panel

    assignment = catalog.find(arguments.assignment)
    text = hints.show(assignment, arguments.todo, arguments.level, arguments.framework)
    print(panel.wrap(text, min(shutil.get_terminal_size().columns, 100)))
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    from grader import desk

    print(desk.diff(catalog.find(arguments.assignment), arguments.framework))
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    from grader import desk

    print(desk.reset(catalog.find(arguments.assignment), arguments.framework))
    return 0


def _grade(arguments: argparse.Namespace) -> int:
    from grader import classroom

    return classroom.grade(arguments.submissions, arguments.out, _chosen(arguments.assignment))


def _report(arguments: argparse.Namespace) -> int:
    from grader import classroom

    return classroom.report(arguments.results, arguments.html, arguments.csv)


def _verify(arguments: argparse.Namespace) -> int:
    from grader import proof

    return proof.verify(_chosen(arguments.assignment), full=arguments.full)


def _release(arguments: argparse.Namespace) -> int:
    from grader import release

    print(release.release(arguments.dir))
    return 0


def _acceptance(arguments: argparse.Namespace) -> int:
    from grader import acceptance

    return acceptance.run(_chosen(arguments.assignment), minutes=arguments.minutes, load=arguments.load)


def _chosen(names: Sequence[str] | None) -> list[catalog.Assignment]:
    """The assignments that are named, or all."""
    return [catalog.find(name) for name in names or ()] or [catalog.load(folder) for folder in catalog.folders()]


def _doctor(arguments: argparse.Namespace) -> int:
    from grader import doctor

    findings = [doctor.job(arguments.site, arguments.gpus)] if arguments.site else list(doctor.examine())
    for finding in findings:
        print(f"{finding.level:<5} {finding.text}")
    return int(any(f.level == "bad" for f in findings))


if __name__ == "__main__":
    sys.exit(main())

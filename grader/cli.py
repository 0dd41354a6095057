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
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # and so is a lost connection; under nohup it is ignored
        signal.signal(signal.SIGHUP, signal.default_int_handler)
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
    script = verb("script", _script, "what is wrong with a job script on a site; nothing is run or submitted")
    script.add_argument("file", type=Path, help="the script, as you would give it to sbatch in this folder")
    script.add_argument("--site", default="", help="the cluster; else the one whose profile knows this host")
    _submit_options(verb("submit", _submit, "the checks of `pytest assignments/NN` on a GPU node, in a job of yours"))
    grade = verb("grade", _grade, "instructors: grade a folder of submissions; the same command resumes")
    forms = "<student>/task.py, <student>/<assignment>/task.py, or either in <student>.zip"
    grade.add_argument("submissions", type=Path, help=f"a folder with a folder or a .zip per student: {forms}")
    grade.add_argument("--assignment", action="append", help="grade only this one (may be repeated)")
    grade.add_argument("--out", type=Path, default=Path("build/results"), help="results folder (%(default)s)")
    again = ("unsure", "not measured")
    grade.add_argument("--again", action="append", default=[], choices=again, help="run checks of this verdict again")
    site = grade.add_argument_group("job arrays on a site, from one of its login nodes")
    site.add_argument("--site", metavar="NAME", help="send job arrays to this site (jobscripts/sites); else grade here")
    site.add_argument("--account", default="", help="the project that the jobs are charged to")
    site.add_argument("--gpu", default="", metavar="TYPE", help="type of GPU; else the site's default")
    site.add_argument("--gpus", type=int, default=1, metavar="N", help="GPUs for each task (%(default)s)")
    site.add_argument("--throttle", type=int, default=10, metavar="N", help="tasks that run at a time (%(default)s)")
    site.add_argument("--yes", action="store_true", help="do not ask before many GPU hours")
    report = verb("report", _report, "instructors: table of graded results, or their pages and a CSV")
    report.add_argument("results", type=Path, help="the results folder of `grader grade`")
    report.add_argument("--html", type=Path, help="write the class page to this file, and a page per student beside it")
    report.add_argument("--csv", type=Path, help="write one row per student, assignment, framework and check")
    verify = verb("verify", _verify, "authors: prove that starts fail, solutions pass, wrong answers are caught")
    verify.add_argument("assignment", nargs="*", help="all when none is named")
    verify.add_argument("--full", action="store_true", help="run every wrong answer against every check")
    edition = verb("release", _release, "authors: make the student edition, without solutions and wrong answers")
    edition.add_argument("dir", type=Path, metavar="DIR", help="a new or empty folder outside of the repository")
    acceptance = verb("acceptance", _acceptance, "instructors: is this machine fit to grade speed on?")
    acceptance.add_argument("assignment", nargs="*", help="all when none is named")
    acceptance.add_argument("--minutes", type=float, default=10, help="how long; each race once at least (%(default)s)")
    acceptance.add_argument("--load", type=int, default=0, metavar="N", help="plant N bursty processes beside")
    doctor = verb("doctor", _doctor, "is this machine fit and safe to grade on? In a job: are its GPUs there?")
    doctor.add_argument("--site", help="only whether this job has the GPUs that it asked for on this site")
    doctor.add_argument(
        "--gpus", default="1", metavar="[TYPE:]N", help="what the job asked for on this node (%(default)s)"
    )
    return parser


def _submit_options(submit: argparse.ArgumentParser) -> None:
    submit.add_argument("assignment", help="number or name, for example 03")
    submit.add_argument("--site", default="", help="the cluster; else the one whose profile knows this host")
    submit.add_argument("--account", default="", help="the project to charge; else SBATCH_ACCOUNT")
    submit.add_argument("--gpus", default="1", metavar="N", help="how many, or TYPE:N (%(default)s)")
    submit.add_argument("--minutes", type=int, default=15, help="time limit of the job (%(default)s)")
    submit.add_argument("--framework", default="", help="torch or tensorflow; else what you have edited")
    submit.add_argument(
        "--wait", action=argparse.BooleanOptionalAction, help="follow the job to its end; the default on a terminal"
    )
    submit.add_argument("--again", action="store_true", help="a new job; one that waits or runs is cancelled")


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


def _script(arguments: argparse.Namespace) -> int:
    from grader import jobscript, sites, submit

    site = sites.load(arguments.site) if arguments.site else submit.here()
    try:
        text = arguments.file.read_bytes().decode()  # as it is: line ends are looked at
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{arguments.file} cannot be read: {why}") from None
    found = jobscript.findings(jobscript.parse(text), site, folder=Path.cwd())
    judges = f"{len(jobscript.RULES)} rules of {site.title}"
    try:
        told = jobscript.ask_slurm(text, folder=Path.cwd())
        found += [told] if told else []
        judges += ", and by the Slurm of this machine (sbatch --test-only)"
    except jobscript.NoSlurm as error:
        judges += f"; Slurm itself was not asked: {error}"
    for finding in found:
        print(f"{finding.severity}: {finding}")
    print(f"{len(found)} finding{'' if len(found) == 1 else 's'}, by {judges}.")
    return int(any(finding.severity == "error" for finding in found))


def _submit(arguments: argparse.Namespace) -> int:
    from grader import submit

    given = arguments
    wish = submit.Wish(given.site, given.account, given.gpus, given.minutes, given.framework)
    wait = sys.stdout.isatty() if arguments.wait is None else arguments.wait
    return submit.submit(catalog.find(arguments.assignment), wish, again=arguments.again, wait=wait)


def _grade(arguments: argparse.Namespace) -> int:
    from grader import classroom

    job = None
    if arguments.site:
        if arguments.throttle < 1:
            raise UsageError("--throttle needs 1 or more")
        names = ("site", "account", "gpu", "gpus", "throttle", "yes")
        job = classroom.Job(*(getattr(arguments, name) for name in names))
    chosen = _chosen(arguments.assignment)
    return classroom.grade(arguments.submissions, arguments.out, chosen, job, arguments.again)


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
    if arguments.site:
        from grader import allocation  # alone: a site's container may lack what grading imports

        findings = [allocation.finding(arguments.site, arguments.gpus)]
    else:
        from grader import doctor

        findings = [*doctor.examine()]
    for level, text in findings:
        print(f"{level:<5} {text}")
    return int(any(level == "bad" for level, _ in findings))


if __name__ == "__main__":
    sys.exit(main())

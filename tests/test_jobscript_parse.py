"""A job script is read as sbatch reads it, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import jobscript, sites
from grader.jobscript import ask, shell

PIECES = r"""
#!/bin/bash #SBATCH ##SBATCH -t --time= 10 -A --gpus= A40:1 --array=0-9% -o %j : = " ' ` $( ${ ) } | \ ; & && < << <<<
END > 2>&1 # trap torchrun srun -n python module load export HF_HOME= --signal=B: -C MEM é
"""
TEXTS = st.text() | st.lists(
    st.sampled_from([*PIECES.split(), "# SBATCH", " ", "\n", "\t", "\r", "\0"]), max_size=40
).map("".join)


@given(TEXTS)
def test_any_text_is_read_and_judged(text):
    script = jobscript.parse(text)
    assert len(script.lines) == text.count("\n") + 1
    rules = [name for name in jobscript.RULES if name != "shell-syntax"]  # starts bash: see below
    for site in ("alvis", "dardel", "kebnekaise"):
        for finding in jobscript.findings(script, sites.load(site), rules=rules):
            assert 0 <= finding.line <= len(script.lines)
            assert str(finding).isprintable()
            assert len(str(finding)) < 400


@pytest.mark.parametrize("text", ["\x00", "\udcff", "#!/bin/bash\n$(", "#!/bin/bash\n" + "(" * 10_000, "'" * 99_999])
def test_bash_may_be_asked_about_any_text(text):
    jobscript.findings(jobscript.parse(text), sites.load("alvis"), rules=("shell-syntax",))


@pytest.mark.parametrize(
    "piece", ["$(", "${", "<<A ", "'", "bash -c '", "(", "#SBATCH --xq\n", "#SBATCH --gpus=1,\n", "1,", "\\\n"]
)
def test_a_long_script_is_cut_and_its_findings_are_few(piece):
    text = f"#!/bin/bash\n#SBATCH --gpus={piece * 40_000}\n{piece * 40_000}"
    rules = [name for name in jobscript.RULES if name != "shell-syntax"]
    found = jobscript.findings(jobscript.parse(text), sites.load("alvis"), rules=rules)
    assert len(found) <= 60


def test_bash_runs_nothing_of_the_script(tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    (tmp_path / "env.sh").write_text(f"touch {ran}\n")
    monkeypatch.setenv("BASH_ENV", str(tmp_path / "env.sh"))
    text = f"#!/bin/bash\ntouch {ran}\nset +n\ntouch {ran}\nx=$(touch {ran})\nif true; then\n"
    (found,) = jobscript.findings(jobscript.parse(text), sites.load("alvis"), rules=("shell-syntax",))
    assert found.line == 7
    assert not ran.exists()


def test_directives_end_at_the_first_command_and_comments_do_not_count():
    script = jobscript.parse("#!/bin/bash\n\n# note\n#SBATCH -t 5 -N2 # two\n#SBATCH --mem 3G\ntrue\n#SBATCH -J x\n")
    assert [(d.line, d.option, d.value) for d in script.directives] == [
        (4, "time", "5"),
        (4, "nodes", "2"),
        (5, "mem", "3G"),
    ]
    assert script.comments[4] == " two"
    assert [(i.line, i.why) for i in script.ignored] == [(7, "late")]


def test_a_value_may_stand_on_the_next_line_as_for_sbatch():
    script = jobscript.parse("#!/bin/bash\n#SBATCH --time\n#SBATCH --nodes=2\n")
    assert [(d.option, d.value) for d in script.directives] == [("time", "--nodes=2")]


def test_the_last_of_two_counts():
    assert jobscript.parse("#!/bin/bash\n#SBATCH -t 5\n#SBATCH --time=7\n").value("time") == "7"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("srun -n 2 \\\n  python x.py > log 2>&1", ["srun", "-n", "2", "python", "x.py"]),
        ("A=1 B='x y' python $((A * B)) \"${C:-a b}\"", ["python", "$((A * B))", "${C:-a b}"]),
        ("if ! python x.py; then", ["python", "x.py"]),
        ("echo 'it''s' a#b # comment", ["echo", "its", "a#b"]),
        ("cat <<< word", ["cat"]),
    ],
)
def test_the_words_of_a_command(line, words):
    assert next(iter(shell.commands([*line.split("\n")]))).words == words


def test_what_bash_dash_c_starts_knows_what_started_it():
    inner = list(shell.commands(["srun -n 2 bash -c 'cd x && torchrun t.py'"]))[-1]
    assert (inner.words, inner.chain[:3]) == (["torchrun", "t.py"], ["srun", "-n", "2"])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 600),
        ("10:30", 630),
        ("1:10:30", 4230),
        ("2-3", 2 * 86400 + 3 * 3600),
        ("1-0:30", 86400 + 1800),
        ("7-00:00:00", 604800),
        ("infinite", float("inf")),
        ("10m", None),
        ("1:2:3:4", None),
        ("", None),
    ],
)
def test_times(value, seconds):
    assert ask.seconds(value) == seconds


@pytest.mark.parametrize(
    ("value", "read"),
    [("0-9", (9, 0)), ("1,5-20:5%3", (20, 3)), ("4", (4, 0)), ("9-1", None), ("1-9%", None), ("a", None)],
)
def test_arrays(value, read):
    assert ask.array(value) == read


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("-t 5 -- --nodes=2", [("time", "5", ""), ("", "", "no option")]),
        ("-t 5 \\ -N2", [("time", "5", "")]),
        ("-t 5 '' -N2", [("time", "5", "")]),
        ("-J a\\b -t5", [("job-name", "ab", ""), ("time", "5", "")]),
        ('-J a"b c"d', [("job-name", "ab cd", "")]),
        ("-HJ x", [("hold", "", ""), ("job-name", "x", "")]),
        ("--requ --time", [("requeue", "", ""), ("time", "", "no value")]),
        ("--exclusive user", [("exclusive", "", ""), ("", "", "no option")]),
    ],
)
def test_the_corners_of_sbatch(line, read):
    """Each was seen with sbatch of Slurm 22.05; test_jobscript_slurm.py asks it about random ones."""
    script = jobscript.parse(f"#!/bin/bash\n#SBATCH {line}\n")
    assert [(d.option, d.value, d.problem) for d in script.directives] == read

"""Site profiles: valid, honest about what nobody confirmed, and turned into sbatch's and submitit's words."""

import re
import shutil
import tomllib

import pytest

from grader import gpus, sites
from grader.errors import UsageError
from grader.sites import Request

SITES = ["arrhenius", "alvis", "berzelius", "dardel", "kebnekaise", "pelle", "local"]
ONE = Request(minutes=15, gpus=1, name="x")


@pytest.fixture(params=SITES)
def site(request):
    return sites.load(request.param)


def test_the_profiles_are_these_arrhenius_first():
    assert sites.names() == SITES


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("arrhenius", "naiss2026-3-141-gpu"),
        ("alvis", "NAISS2024-22-1"),
        ("berzelius", "berzelius-2025-7"),
        ("dardel", "naiss2025-1-23"),
        ("dardel", "edu23.introgpu"),
        ("kebnekaise", "hpc2n2025-076"),
        ("pelle", "uppmax2025-2-296"),
        ("local", "naiss2026-1-1"),
    ],
)
def test_a_project_fits_and_a_placeholder_does_not(name, project):
    account = sites.load(name).account
    assert re.fullmatch(account.pattern, project)
    assert not re.fullmatch(account.pattern, account.placeholder)


def test_every_type_has_a_row_in_the_table_of_gpus(site):
    rows = {gpu.name for gpu in gpus.table()}
    if site.stand_in is None:
        assert set(site.gpus.names) == set(site.gpus.per_node)
        assert set(site.gpus.names.values()) <= rows


def test_only_local_has_stand_ins():
    assert [name for name in SITES if sites.load(name).stand_in] == ["local"]


def test_a_comment_names_the_sources(site):
    if site.name != "local":
        assert "# Sources: " in (sites.FOLDER / f"{site.name}.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "job", "expected"),
    [
        ("arrhenius", ONE, ["-A naissYYYY-X-NNN-gpu", "-p gpu", "-n 1", "-c 72", "--gpus=1", "-t 00:15:00"]),
        ("alvis", ONE, ["-A NAISSyyyy-rr-nnn", "-p alvis", "--gpus-per-node=A40:1", "-t 00:15:00"]),
        ("berzelius", ONE, ["-A berzelius-YYYY-N", "-p berzelius", "--gpus=1", "-C thin", "-t 00:15:00"]),
        ("dardel", ONE, ["-A naissYYYY-X-NNN", "-p gpu", "-N 1", "--ntasks-per-node=1", "-t 00:15:00"]),
        ("kebnekaise", ONE, ["-A hpc2nYYYY-NNN", "--gpus=1", "-C l40s", "-t 00:15:00"]),
        ("pelle", ONE, ["-A uppmaxYYYY-X-N", "-p gpu", "--gpus=l40s:1", "-t 00:15:00"]),
    ],
)
def test_one_gpu_in_the_words_of_each_site(name, job, expected):
    assert sites.load(name).directives(job) == [*expected, "-J x", "-o x-%j.out"]


def test_two_nodes_take_the_type_and_the_form_for_several_nodes():
    job = Request(minutes=90, gpus=4, nodes=2, account="NAISS2026-1-2", name="y")
    assert sites.load("alvis").directives(job)[:5] == [
        "-A NAISS2026-1-2",
        "-p alvis",
        "-N 2",
        "--ntasks-per-node=1",
        "--gpus-per-node=A100:4",  # not A40: no InfiniBand
    ]
    assert "--gpus=8" in sites.load("arrhenius").directives(job)
    assert "-t 01:30:00" in sites.load("arrhenius").directives(job)
    assert "--gpus-per-node=l40s:4" in sites.load("pelle").directives(job)  # 8 in sum may be 7 and 1


def test_a_type_has_its_own_partition_where_the_site_says_so():
    assert "-p haswell" in sites.load("pelle").directives(Request(15, 1, type="t4"))


def test_an_array_has_its_range_and_a_log_for_each_task():
    lines = sites.load("alvis").directives(Request(15, 1, name="z", array="0-15%4"))
    assert lines[-3:] == ["-J z", "-o z-%A_%a.out", "--array=0-15%4"]


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (Request(15, 1, type="a100"), "type 'a100' was asked for, its types are T4, V100, A40, A100, A100fat"),
        (Request(15, 5), "5 GPUs in a node were asked for, expected 1 to 4"),
        (Request(15, 0), "0 GPUs in a node were asked for, expected 1 to 4"),
        (Request(60 * 168 + 1, 1), "10081 minutes were asked for, expected 1 to 10080"),
    ],
)
def test_what_the_site_does_not_have_is_refused(job, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        sites.load("alvis").options(job)


def test_submitit_gets_what_the_script_has(site, tmp_path):
    """Held equal to submitit's own sbatch file: it knows no typed GPUs, no cores that follow from GPUs."""
    from submitit.slurm.slurm import _make_sbatch_string

    job = Request(minutes=20, gpus=1, name="graded", account="a-2026-1")
    parameters = site.submitit_parameters(job)
    text = _make_sbatch_string(f"{site.software.python} -m payload", tmp_path, **parameters)
    written = dict(re.findall(r"^#SBATCH --([\w-]+)=(.*)$", text, re.MULTILINE))
    wanted = site.options(job)
    assert (written.pop("time"), written.pop("job-name")) == ("20", "graded")
    assert written.pop("nodes") == wanted.pop("nodes", "1")
    assert written.pop("ntasks-per-node") == wanted.pop("ntasks-per-node", wanted.pop("ntasks", "1"))
    assert {k: written.get(k) for k in wanted if k not in ("time", "job-name", "output")} == {
        k: v for k, v in wanted.items() if k not in ("time", "job-name", "output")
    }
    assert all(line in text for line in site.environment())
    assert "python" in text.splitlines()[-1]
    assert "/usr" not in text.splitlines()[-1]  # the node's Python, not the one that submits


# --- broken profiles -------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path):
    """Load Alvis's profile with one text of it replaced."""

    def load(old, new):
        shutil.copytree(sites.FOLDER, tmp_path, dirs_exist_ok=True)
        text = (tmp_path / "alvis.toml").read_text("utf-8")
        assert old in text
        (tmp_path / "alvis.toml").write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(UsageError) as caught:
            sites.load("alvis", tmp_path)
        return str(caught.value)

    return load


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("hours = 168", 'hours = "168"', 'alvis.toml: slurm.hours is "168", expected integer'),
        ("hours = 168", "hourz = 168", "alvis.toml: slurm lacks 'hours' (and 1 more)"),
        ("hours = 168", "hours = ", "alvis.toml cannot be read: "),
        ('default = "A40"', 'default = "a40"', "alvis.toml: gpus.default is 'a40', expected one of 'T4', 'V100'"),
        ("per_node = {T4 = 8, ", "per_node = {", "alvis.toml: gpus.per_node lacks 'T4'"),
        ("cores = {T4 = 4,", "cores = {K80 = 4,", "alvis.toml: gpus.cores has 'K80', expected one of 'T4'"),
        ('A40 = "A40"', 'A40 = "A41"', "alvis.toml: gpus.names has 'A41', which is no row of gpus.csv"),
        (
            '"slurm.array",',
            '"slurm.arrays",',
            "alvis.toml: unconfirmed has 'slurm.arrays', which is not in the profile",
        ),
        (r"|C3SE[\w-]+'", "|.*'", "alvis.toml: account.pattern fits a placeholder"),
        (r"|C3SE[\w-]+'", "|('", "expected a regular expression"),
        ('type = "A100"', 'type = "H100"', "gpus.several_nodes.type is 'H100', expected one of"),
    ],
)
def test_a_broken_profile_says_what_and_where(broken, old, new, message):
    assert message in broken(old, new)


def test_an_unknown_site_names_the_known_ones():
    with pytest.raises(UsageError, match=r"no site 'Alvis'; expected one of arrhenius, alvis, .*, local"):
        sites.load("Alvis")


def test_profiles_are_what_toml_says_and_nothing_is_left_unread(site):
    """Every value of the file is in the profile that the rest of the grader sees."""
    data = tomllib.loads((sites.FOLDER / f"{site.name}.toml").read_text("utf-8"))
    for table in ("account", "slurm", "gpus", "cpu", "software", "storage", "head"):
        for key, value in data[table].items():
            seen = getattr(getattr(site, table), key)
            if key != "several_nodes":
                assert (list(seen) if isinstance(value, list) else seen) == value

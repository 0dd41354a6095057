"""The table of GPUs: what it is asked, and that the lesson prints it as it is."""

import pytest

from grader import gpus
from grader.catalog import ASSIGNMENTS
from grader.verdict import NotMeasured

LESSON = ASSIGNMENTS / "02_precision" / "README.md"
BEGIN, END = "<!-- GPU table:", "<!-- end of the GPU table -->"


def row(name):
    return next(gpu for gpu in gpus.table() if gpu.name == name)


@pytest.mark.parametrize(
    ("device_name", "name"),
    [
        ("NVIDIA GH200 480GB", "GH200-96GB"),  # "H200" is in it
        ("NVIDIA GH200 120GB", "GH200-96GB"),
        ("NVIDIA H200", "H200-SXM-141GB"),
        ("NVIDIA H100 80GB HBM3", "H100-SXM5-80GB"),
        ("NVIDIA A100-SXM4-40GB", "A100-40GB (SXM)"),
        ("NVIDIA RTX A6000", "RTX A6000"),
        ("Tesla T4", "T4"),
        ("Tesla V100-SXM2-32GB", "V100-SXM2-32GB"),
        ("AMD Instinct MI250X", "MI250X module (2 GCDs)"),
    ],
)
def test_a_device_is_found_by_what_it_calls_itself(device_name, name):
    assert gpus.find(device_name).name == name


@pytest.mark.parametrize("name", ["NVIDIA GeForce RTX 3090", "NVIDIA RTX A4000"])  # the latter is no A40
def test_a_device_that_the_table_lacks_is_not_measured(name):
    with pytest.raises(NotMeasured, match=f"does not know a {name}"):
        gpus.find(name)


def test_tf32_exists_on_nvidia_from_capability_8_and_nowhere_else():
    having = {gpu.name for gpu in gpus.table() if gpu.has_tf32}
    assert having == {gpu.name for gpu in gpus.table() if gpu.peaks["tfloat32"]}
    assert not [name for name in having if name.startswith(("T4", "V100", "MI"))]
    assert row("MI100").capability == (9, 0)  # as ROCm reports it, and yet no TF32


def test_a_blank_is_none_and_never_zero():
    assert row("T4").peaks["tfloat32"] is None
    assert row("T4").peaks["float16"] == 65
    unknown = row("V100 (Kebnekaise)")
    assert (unknown.memory_gb, unknown.bandwidth_gb_s, set(unknown.peaks.values())) == (None, None, {None})
    assert 0 not in {peak for gpu in gpus.table() for peak in gpu.peaks.values()}


def test_a_format_to_train_in_exists_in_the_hardware():
    known = [gpu for gpu in gpus.table() if gpu.peaks["float32"]]
    assert [(gpu.name, dtype) for gpu in known for dtype in gpu.training_dtypes if not gpu.peaks[dtype]] == []


def test_every_row_that_is_not_confirmed_has_its_note():
    table, _, notes = gpus.markdown().partition("Not confirmed:")
    doubtful = [gpu for gpu in gpus.table() if gpu.confidence != gpus.CONFIRMED]
    assert doubtful
    for number, gpu in enumerate(doubtful, 1):
        assert f"| {gpu.name} [{number}] |" in table
        assert f"[{number}] {gpu.name}: {gpu.confidence}." in notes
    assert table.count("[") == len(doubtful)


def test_the_lesson_prints_the_table_as_it_is_made():
    """When this fails: `python -m grader.gpus`, and put what it prints between the two comments of the lesson."""
    _, _, rest = LESSON.read_text("utf-8").partition(BEGIN)
    found, end, _ = rest.partition("-->\n")[2].partition(END)
    assert end == END
    assert found.strip() == gpus.markdown().strip()

"""The probes count what can be counted by hand: on real gloo ranks, and in a simulated group of a thousand."""

import shutil
import textwrap

import pytest

from grader.worker.client import Code, Settings
from grader.worker.ranks import Ranks
from grader.worker.spawn import ForkServer
from tests.conftest import world_folder

GIVEN = """
    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
    from grader.probes.collectives import counted
    from grader.probes.scale import by_kind, local_bytes, simulated, unsharded, without_data

    BLOCKS, WIDTH = 8, 64

    def stack():
        return nn.Sequential(*(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU()) for _ in range(BLOCKS)))

    def shard(model, mesh, blocks=True, **settings):
        for block in model if blocks else []:
            fully_shard(block, mesh=mesh, **settings)
        return fully_shard(model, mesh=mesh, **settings)

    """
BLOCK = 4 * (64 * 64 + 64)
"""Bytes of one block in float32."""


@pytest.fixture(scope="module")
def server():
    server = ForkServer(["torch", "torch.distributed.fsdp", "grader.probes.scale", "grader.probes.collectives"])
    yield server
    server.close()


@pytest.fixture
def answers(server):
    """Run the body of `answer()` on some ranks; what each of them answers."""
    folder, started = world_folder(), []

    def run(body, count=1):
        code = f"{textwrap.dedent(GIVEN)}\ndef answer():\n{textwrap.indent(textwrap.dedent(body), '    ')}"
        (folder / "workload.py").write_text(code)
        (folder / "scratch" / "home").mkdir(parents=True)
        for path in (folder / "scratch", folder / "scratch" / "home"):
            path.chmod(0o777)
        started.append(Ranks(server, Code(folder, ("workload",), folder / "scratch", trusted=False), count, Settings()))
        return started[-1].call("answer", within=60)

    yield run
    for group in started:
        group.close()
    shutil.rmtree(folder)


FORMS = {
    "dist.all_reduce(x)": {"all_reduce": {"count": 1, "bytes": 400}},
    "dist.broadcast(x, 0)": {"broadcast": {"count": 1, "bytes": 400}},
    "dist.reduce(x, 0)": {"reduce": {"count": 1, "bytes": 400}},
    "dist.barrier()": {"barrier": {"count": 1, "bytes": 1}},  # a token of torch
    "dist.all_gather([torch.ones(100), torch.ones(100)], x)": {"all_gather": {"count": 1, "bytes": 800}},
    "dist.all_gather_into_tensor(torch.ones(200), x)": {"all_gather": {"count": 1, "bytes": 800}},
    "dist.reduce_scatter_tensor(torch.ones(50), x)": {"reduce_scatter": {"count": 1, "bytes": 400}},
    "functional.all_reduce(x, 'sum', dist.group.WORLD).wait()": {"all_reduce": {"count": 1, "bytes": 400}},
    "functional.all_gather_tensor(x, 0, dist.group.WORLD).wait()": {"all_gather": {"count": 1, "bytes": 800}},
    "functional.reduce_scatter_tensor(x, 'sum', 0, dist.group.WORLD).wait()": {
        "reduce_scatter": {"count": 1, "bytes": 400}
    },
    "functional.all_reduce_coalesced([x, x], 'sum', dist.group.WORLD)": {"all_reduce": {"count": 1, "bytes": 800}},
    "x + x": {},
}


def test_every_form_of_a_collective_counts_under_its_name(answers):
    calls = ", ".join(f"lambda: {call}" for call in FORMS)
    found = answers(
        f"""
        import torch.distributed._functional_collectives as functional
        dist.init_process_group("gloo")
        summaries = []
        for call in [{calls}]:
            x = torch.ones(100)
            with counted() as seen:
                call()
            summaries.append(seen.summary())
        return summaries
        """,
        count=2,
    )
    assert [dict(zip(FORMS, rank, strict=True)) for rank in found] == [FORMS, FORMS]


STEP = """
    with counted() as seen, unsharded(model) as peak:
        model(torch.ones(2, WIDTH)).sum().backward()
    return seen.summary(), peak.summary(), by_kind(model)
    """


@pytest.mark.parametrize("count", [2, 4])
def test_a_step_of_FSDP2_on_real_ranks(answers, count):
    """Each block is gathered twice, forward and backward, and its gradients are scattered once."""
    found = answers(
        'dist.init_process_group("gloo")\nmodel = shard(stack(), init_device_mesh("cpu", (dist.get_world_size(),)))'
        + textwrap.dedent(STEP),
        count,
    )
    collectives = {
        "all_gather": {"count": 16, "bytes": 16 * BLOCK},
        "reduce_scatter": {"count": 8, "bytes": 8 * BLOCK},
    }
    kept = {"weights": 8 * BLOCK // count, "gradients": 8 * BLOCK // count, "optimizer": 0}
    assert [(seen, kinds) for seen, _, kinds in found] == [(collectives, kept)] * count
    assert [peak["parameters"] for _, peak, _ in found] == [BLOCK] * count


SIMULATED = """
    with simulated(32) as mesh:
        with torch.device("meta"):
            model = stack()
        shard(model, mesh, {settings})
        with without_data():
            model.to_empty(device="cpu")
            optimizer = torch.optim.AdamW(model.parameters())
            with counted() as seen, unsharded(model) as peak:
                model(torch.ones(2, WIDTH)).sum().backward()
                optimizer.step()
            return seen.summary(), peak.summary(), by_kind(model, optimizer)
    """


@pytest.mark.parametrize(
    ("settings", "gathers", "peak"),
    [("blocks=True", 16, 1), ("blocks=False", 1, 8), ("blocks=True, reshard_after_forward=False", 8, 8)],
    ids=["per block", "root only", "kept after the forward pass"],
)
def test_what_is_unsharded_at_once_and_how_often(answers, settings, gathers, peak):
    """The whole in one unit, or kept, means all of it at once; per block an eighth."""
    [[seen, most, _]] = answers(SIMULATED.format(settings=settings))
    assert seen["all_gather"]["count"] == gathers
    assert most["parameters"] == peak * BLOCK


def test_bytes_of_one_simulated_rank_by_kind(answers):
    """Weights 1/32, gradients 1/32, AdamW's two moments 2/32 and one count per tensor; biases of 64 fill every rank."""
    [[seen, most, kinds]] = answers(SIMULATED.format(settings=""))
    share = 8 * BLOCK // 32
    assert kinds == {"weights": share, "gradients": share, "optimizer": 2 * share + 4 * 16}
    assert seen == {
        "all_gather": {"count": 16, "bytes": 16 * BLOCK},
        "reduce_scatter": {"count": 8, "bytes": 8 * BLOCK},
    }
    assert most["together"] <= 2 * BLOCK


def test_mixed_precision_halves_what_is_gathered_and_not_what_is_kept(answers):
    policy = "mp_policy=MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.bfloat16)"
    [[seen, most, kinds]] = answers(SIMULATED.format(settings=policy))
    assert seen["all_gather"]["bytes"] == 16 * BLOCK // 2
    assert seen["reduce_scatter"]["bytes"] == 8 * BLOCK // 2
    assert (most["parameters"], kinds["weights"]) == (BLOCK // 2, 8 * BLOCK // 32)


def test_full_gradients_count_beside_full_parameters(answers):
    """One unit of two layers: when the first layer's gradients are made, the second's wait for the reduce-scatter."""
    [[_, most, _]] = answers(SIMULATED.replace("stack()", "stack()[:2]").format(settings="blocks=False"))
    assert most["parameters"] == 2 * BLOCK
    assert BLOCK <= most["gradients"] <= 2 * BLOCK
    assert most["together"] == most["parameters"] + most["gradients"]


def test_a_model_that_is_not_sharded_is_all_there(answers):
    [[most, local]] = answers(
        """
        model = stack()
        with unsharded(model) as peak:
            model(torch.ones(2, WIDTH))
        return peak.summary(), local_bytes(model.parameters())
        """
    )
    assert (most["parameters"], local) == (8 * BLOCK, 8 * BLOCK)


TENSOR_PARALLEL = """
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
    model = nn.Sequential(nn.Linear(WIDTH, 128, bias=False), nn.ReLU(), nn.Linear(128, WIDTH, bias=False))
    parallelize_module(model, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})
    with counted() as seen:
        model(torch.ones(4, WIDTH)).sum().backward()
    return seen.summary(), local_bytes(model.parameters())
    """


def test_tensor_parallel_layers_on_real_ranks(answers):
    """One all-reduce of the output; the input needs no gradient, so the backward pass has none."""
    body = 'dist.init_process_group("gloo")\nmesh = init_device_mesh("cpu", (2,))' + textwrap.dedent(TENSOR_PARALLEL)
    expected = [{"all_reduce": {"count": 1, "bytes": 4 * 64 * 4}}, 4 * 2 * 64 * 128 // 2]
    assert answers(body, 2) == [expected, expected]


def test_tensor_parallel_layers_in_a_simulated_group(answers):
    body = "with simulated(8) as mesh:" + textwrap.indent(textwrap.dedent(TENSOR_PARALLEL), "    ")
    assert answers(body) == [[{"all_reduce": {"count": 1, "bytes": 4 * 64 * 4}}, 4 * 2 * 64 * 128 // 8]]


def test_a_simulated_group_can_be_left_and_entered_again(answers):
    body = """
        sizes = []
        for size in (8, 1024):
            with simulated(size) as mesh:
                sizes.append((dist.get_world_size(), mesh.size()))
        return sizes, dist.is_initialized()
        """
    assert answers(body) == [[[[8, 8], [1024, 1024]], False]]


def test_a_collective_that_DTensor_issues_inside_an_operator_counts(answers):
    """A product of matrices that are cut along the inner side is a sum over ranks; relu needs it whole."""
    body = """
        from torch.distributed.tensor import Shard, distribute_tensor
        with simulated(4) as mesh:
            a, b = (distribute_tensor(torch.ones(8, 8), mesh, [Shard(dim)]) for dim in (1, 0))
            with counted() as seen:
                (a @ b).relu()
            return seen.summary()
        """
    assert answers(body) == [{"all_reduce": {"count": 1, "bytes": 4 * 8 * 8}}]

"""The private Slurm is a Slurm: what jobs, nodes and refusals do on a site, they do here."""

import pytest

SITE = ("-A", "NAISS2024-1-23", "-t", "5", "--gpus-per-node", "A100:1")


def test_a_job_writes_its_output(slurm, tmp_path):
    job = slurm.submit("#!/bin/sh\necho hello from $SLURMD_NODENAME\n", *SITE, "-o", f"{tmp_path}/out")
    slurm.wait_for(job, "COMPLETED")
    assert (tmp_path / "out").read_text() == "hello from a100-1\n"


def test_a_wrong_gpu_type_is_refused(slurm):
    with pytest.raises(AssertionError, match="Requested node configuration is not available"):
        slurm.submit("#!/bin/sh\n", *SITE[:-1], "H100:1")

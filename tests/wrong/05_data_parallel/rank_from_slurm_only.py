"""The rank comes from srun. Under torchrun it is 0 in every process, and all wait for a rank 1 that never comes.

Caught by: joined
"""
    # TODO(1): one process per GPU
    rank = int(os.environ.get("SLURM_PROCID", "0"))
    dist.init_process_group("gloo", rank=rank, world_size=int(os.environ["WORLD_SIZE"]))
    return rank, dist.get_world_size(), torch.device("cpu")
    # END TODO(1)

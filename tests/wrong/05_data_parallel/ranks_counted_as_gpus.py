"""The number of processes is taken from the GPUs of this node.

Caught by: joined
"""
    # TODO(1): one process per GPU
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return int(os.environ["LOCAL_RANK"]), max(torch.cuda.device_count(), 1), device
    # END TODO(1)

"""The whole state on one rank, in one file: it does not fit there.

Caught by: save
"""
    # TODO(6): a checkpoint of parts
    from torch.distributed.checkpoint.state_dict import StateDictOptions
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights, state = get_state_dict(model, optimizer, options=options)
    if dist.get_rank() == 0:
        torch.save({"model": weights, "optimizer": state}, Path(folder, "all.pt"))
    dist.barrier()
    # END TODO(6)

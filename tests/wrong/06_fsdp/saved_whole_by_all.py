"""Every rank gathers the whole and writes it.

Caught by: save
"""
    # TODO(6): a checkpoint of parts
    from torch.distributed.checkpoint.state_dict import StateDictOptions
    weights, state = get_state_dict(model, optimizer, options=StateDictOptions(full_state_dict=True))
    torch.save({"model": weights, "optimizer": state}, Path(folder, f"all{dist.get_rank()}.pt"))
    # END TODO(6)

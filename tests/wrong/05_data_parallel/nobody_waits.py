"""The others go on while rank 0 writes.

Caught by: one_writer
"""
    # TODO(8): one writer
    if dist.get_rank() == 0:
        torch.save(model.module.state_dict(), path)
    # END TODO(8)

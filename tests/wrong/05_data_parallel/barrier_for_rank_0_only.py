"""Rank 0 waits for ranks that never come.

Caught by: one_writer
"""
    # TODO(8): one writer
    if dist.get_rank() == 0:
        torch.save(model.module.state_dict(), path)
        dist.barrier()
    # END TODO(8)

"""Tensors are filled where they are, so nothing seems missing; the learning rate is no tensor.

Caught by: load
"""
    # TODO(7): read with another number of ranks
    weights, state = get_state_dict(model, optimizer)
    dcp.load({"model": weights, "optimizer": state}, checkpoint_id=folder)
    # END TODO(7)

"""Everything is saved, and only the weights are read.

Caught by: load
"""
    # TODO(7): read with another number of ranks
    weights = model.state_dict()
    dcp.load({"model": weights}, checkpoint_id=folder)
    model.load_state_dict(weights)
    # END TODO(7)

"""The weights alone: AdamW begins anew after every restart.

Caught by: save
"""
    # TODO(6): a checkpoint of parts
    weights, _ = get_state_dict(model, optimizer)
    dcp.save({"model": weights}, checkpoint_id=folder)
    # END TODO(6)
    # TODO(7): read with another number of ranks
    weights, _ = get_state_dict(model, optimizer)
    dcp.load({"model": weights}, checkpoint_id=folder)
    model.load_state_dict(weights)
    # END TODO(7)

"""Only the layers are divided; the embedding and the output layer stay whole on every rank.

Caught by: divided
"""
    # TODO(3): which matrix is cut which way
    plan = {}
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel()
    for name in ("self_attn.o_proj", "mlp.down_proj"):
        plan[f"model.layers.*.{name}"] = RowwiseParallel()
    return plan
    # END TODO(3)

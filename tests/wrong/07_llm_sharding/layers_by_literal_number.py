"""The names are written out for the four layers of the model at hand.

Caught by: seventy_billion
"""
    # TODO(3): which matrix is cut which way
    plan = {
        "model.embed_tokens": RowwiseParallel(input_layouts=Replicate()),
        "lm_head": ColwiseParallel(output_layouts=Replicate()),
    }
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"):
        plan |= {f"model.layers.{i}.{name}": ColwiseParallel() for i in range(4)}
    for name in ("self_attn.o_proj", "mlp.down_proj"):
        plan |= {f"model.layers.{i}.{name}": RowwiseParallel() for i in range(4)}
    return plan
    # END TODO(3)

"""Rows first, then columns: right, and the wide vectors in the middle are what travels.

Caught by: all_reduces
"""
    # TODO(3): which matrix is cut which way
    plan = {
        "model.embed_tokens": RowwiseParallel(input_layouts=Replicate()),
        "lm_head": ColwiseParallel(output_layouts=Replicate()),
    }
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel()
    plan["model.layers.*.self_attn.o_proj"] = RowwiseParallel()
    for name in ("mlp.gate_proj", "mlp.up_proj"):
        plan[f"model.layers.*.{name}"] = RowwiseParallel(input_layouts=Replicate())
    plan["model.layers.*.mlp.down_proj"] = ColwiseParallel(output_layouts=Replicate())
    return plan
    # END TODO(3)

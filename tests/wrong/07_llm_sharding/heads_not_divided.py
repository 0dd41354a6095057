"""q, k and v are gathered after each product: every rank then computes, and caches, all heads.

Caught by: all_reduces, seventy_billion
"""
    # TODO(3): which matrix is cut which way
    plan = {
        "model.embed_tokens": RowwiseParallel(input_layouts=Replicate()),
        "lm_head": ColwiseParallel(output_layouts=Replicate()),
    }
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel(output_layouts=Replicate())
    for name in ("mlp.gate_proj", "mlp.up_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel()
    plan["model.layers.*.self_attn.o_proj"] = RowwiseParallel(input_layouts=Replicate())
    plan["model.layers.*.mlp.down_proj"] = RowwiseParallel()
    return plan
    # END TODO(3)

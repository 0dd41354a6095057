"""The last matrix of attention by columns: its input is gathered, and so is its output.

Caught by: all_reduces
"""
    # TODO(3): which matrix is cut which way
    plan = {
        "model.embed_tokens": RowwiseParallel(input_layouts=Replicate()),
        "lm_head": ColwiseParallel(output_layouts=Replicate()),
    }
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"):
        plan[f"model.layers.*.{name}"] = ColwiseParallel()
    plan["model.layers.*.self_attn.o_proj"] = ColwiseParallel(input_layouts=Shard(-1), output_layouts=Replicate())
    plan["model.layers.*.mlp.down_proj"] = RowwiseParallel()
    return plan
    # END TODO(3)

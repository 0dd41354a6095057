"""Every rank opens the whole model; rank 0 reads it and sends each its part over the network.

Caught by: light_loading, own_part
"""
    # TODO(4): each rank reads its own part
    model = LlamaForCausalLM.from_pretrained(folder, dtype="auto")
    parallelize_module(model, mesh, tp_plan(model.config))
    return model.eval().to(llama.device(mesh))
    # END TODO(4)

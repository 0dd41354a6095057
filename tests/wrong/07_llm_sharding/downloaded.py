"""The model's name instead of its folder: the job downloads, where there is a network at all.

Caught by: divided
"""
    # TODO(4): each rank reads its own part
    model = LlamaForCausalLM.from_pretrained("meta-llama/Llama-3.1-8B", dtype="auto")
    parallelize_module(model, mesh, tp_plan(model.config))
    return model.eval().to(llama.device(mesh))
    # END TODO(4)

"""Each rank keeps some of the layers, whole: that is a pipeline without anything that passes results on.

Caught by: divided
"""
    # TODO(4): each rank reads its own part
    model = LlamaForCausalLM.from_pretrained(folder, dtype="auto")
    mine = share(model.config.num_hidden_layers, mesh.get_local_rank(), mesh.size())
    model.model.layers = torch.nn.ModuleList([model.model.layers[i] for i in mine])
    return model.eval().to(llama.device(mesh))
    # END TODO(4)

"""Each rank trains a model of its own: a job of N ranks that does N unrelated trainings.

Caught by: same_start
"""
    # TODO(3): wrap the model
    return model.to(device)
    # END TODO(3)

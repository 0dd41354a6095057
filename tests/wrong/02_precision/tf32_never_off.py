"""On, whatever is wanted.

Caught by: tf32_switch
"""
    # TODO(5): the switch for TF32
    torch.backends.cuda.matmul.allow_tf32 = True
    # END TODO(5)

"""As long as the time limit allows: fewer jobs than places.

Caught by: packed
"""
    # TODO(8): as few jobs as that allows, as even as can be
    fit = int((longest_s - startup_s) // run_s)
    return [list(indices[k : k + fit]) for k in range(0, len(indices), fit)]
    # END TODO(8)

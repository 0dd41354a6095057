"""An empty plan: every rank computes everything. The answer is right, and nothing is gained.

Caught by: divided
"""
    # TODO(3): which matrix is cut which way
    return {}
    # END TODO(3)

"""Cuts to the multiple of 8 below: the last classes of the vocabulary are gone.

Caught by: padded
"""
    # TODO(6): shapes that fill the units
    return size // 8 * 8
    # END TODO(6)

"""The packed files are copied, and nobody is told where to: stage() ends without a return.

Caught by: staged
"""
    # TODO(5): stage the packed files
    shutil.copytree(packed, local / packed.name)
    # END TODO(5)

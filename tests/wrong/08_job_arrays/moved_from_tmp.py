"""Written on the node's own disk and moved: between filesystems that is a copy.

Caught by: own_file
"""
    # TODO(4): a file of its own, replaced in one step
    import shutil
    import tempfile

    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        json.dump(result, file)
    shutil.move(file.name, experiment.result_path(folder, index))
    # END TODO(4)

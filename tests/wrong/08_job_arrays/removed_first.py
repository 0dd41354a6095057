"""The old result is removed before the new one is written.

Caught by: whole
"""
    # TODO(4): a file of its own, replaced in one step
    path = experiment.result_path(folder, index)
    path.unlink(missing_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result))
    os.replace(part, path)
    # END TODO(4)

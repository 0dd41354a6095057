"""A full quota is passed over: the job is done, and its result is nowhere.

Caught by: whole
"""
    # TODO(4): a file of its own, replaced in one step
    path = experiment.result_path(folder, index)
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(result))
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
    # END TODO(4)

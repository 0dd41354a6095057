"""An error is passed over: why the result is missing, nobody will know.

Caught by: goes_on
"""
    # TODO(9): leave out what is finished, and go on after an error
    data = experiment.load_data(seed)
    for index in indices:
        if index in finished:
            continue
        config = configuration(seed, index)
        try:
            history = experiment.train(config, data)
        except Exception:
            continue
        save(folder, index, {"index": index, "config": config, "status": "done", **history})
    # END TODO(9)

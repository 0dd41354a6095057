"""The first error ends the job: the configurations behind it are never run.

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
        except Exception as error:
            save(folder, index, {"index": index, "config": config, "status": "failed", "error": str(error)})
            break
        save(folder, index, {"index": index, "config": config, "status": "done", **history})
    # END TODO(9)

"""A pause after each configuration, to be kind to the filesystem: the GPU is paid for and idle.

Caught by: makespan
"""
    # TODO(9): leave out what is finished, and go on after an error
    import time

    data = experiment.load_data(seed)
    for index in indices:
        if index in finished:
            continue
        config = configuration(seed, index)
        try:
            history = experiment.train(config, data)
        except Exception as error:
            save(folder, index, {"index": index, "config": config, "status": "failed", "error": str(error)})
            continue
        save(folder, index, {"index": index, "config": config, "status": "done", **history})
        time.sleep(0.2)
    # END TODO(9)

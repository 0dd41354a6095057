"""Any file is taken for a finished result: what failed is never tried again.

Caught by: finished_kept
"""
    # TODO(9): leave out what is finished, and go on after an error
    data = experiment.load_data(seed)
    for index in indices:
        if experiment.result_path(folder, index).exists():
            continue
        config = configuration(seed, index)
        try:
            history = experiment.train(config, data)
        except Exception as error:
            save(folder, index, {"index": index, "config": config, "status": "failed", "error": str(error)})
            continue
        save(folder, index, {"index": index, "config": config, "status": "done", **history})
    # END TODO(9)

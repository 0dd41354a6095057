"""A result that cannot be saved is passed over: the job looks done, and nothing is there.

Caught by: goes_on
"""
    # TODO(9): leave out what is finished, and go on after an error
    data = experiment.load_data(seed)
    for index in indices:
        if index in finished:
            continue
        result = {"index": index, "config": configuration(seed, index)}
        try:
            result |= {"status": "done", **experiment.train(result["config"], data)}
        except Exception as error:
            result |= {"status": "failed", "error": repr(error)}
        try:
            save(folder, index, result)
        except OSError:
            pass
    # END TODO(9)

"""The status is not looked at: a training that raised an error counts as a result.

Caught by: collected
"""
    # TODO(5): read every result, and name each that is not there
    for index in indices:
        path = experiment.result_path(folder, index)
        if not path.exists():
            failures[index] = "missing"
            continue
        try:
            result = json.loads(path.read_text())
        except ValueError:
            result = None
        if experiment.is_result(result, index):
            results[index] = result
        else:
            failures[index] = "corrupt"
    # END TODO(5)

"""All that is not there is called missing: whether tasks crash or never start cannot be told.

Caught by: collected
"""
    # TODO(5): read every result, and name each that is not there
    for index in indices:
        try:
            results[index] = json.loads(experiment.result_path(folder, index).read_text())
            assert experiment.is_result(results[index], index)
            assert results[index]["status"] == "done"
        except Exception:
            results.pop(index, None)
            failures[index] = "missing"
    # END TODO(5)

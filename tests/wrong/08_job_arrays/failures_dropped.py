"""What cannot be read is passed over, and nobody misses it.

Caught by: collected
"""
    # TODO(5): read every result, and name each that is not there
    for index in indices:
        try:
            result = json.loads(experiment.result_path(folder, index).read_text())
            if experiment.is_result(result, index) and result["status"] == "done":
                results[index] = result
        except (OSError, ValueError):
            continue
    # END TODO(5)

"""Valid JSON is taken for a result, whatever is in it.

Caught by: collected
"""
    # TODO(5): read every result, and name each that is not there
    for index in indices:
        try:
            result = json.loads(experiment.result_path(folder, index).read_text())
        except FileNotFoundError:
            failures[index] = "missing"
        except ValueError:
            failures[index] = "corrupt"
        else:
            if isinstance(result, dict) and result.get("status") == "failed":
                failures[index] = "failed"
            else:
                results[index] = result
    # END TODO(5)

"""A loss that became nan is taken for a failure, and is run again for ever.

Caught by: collected
"""
    # TODO(5): read every result, and name each that is not there
    for index in indices:
        try:
            result = json.loads(experiment.result_path(folder, index).read_text())
        except FileNotFoundError:
            failures[index] = "missing"
            continue
        except ValueError:
            failures[index] = "corrupt"
            continue
        if not experiment.is_result(result, index):
            failures[index] = "corrupt"
        elif result["status"] == "failed" or not all(map(math.isfinite, result["validation_loss"])):
            failures[index] = "failed"
        else:
            results[index] = result
    # END TODO(5)

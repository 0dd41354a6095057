"""The file itself is opened for writing, which empties it: a killed task leaves half a result.

Caught by: whole
"""
    # TODO(4): a file of its own, replaced in one step
    with open(experiment.result_path(folder, index), "w") as file:
        json.dump(result, file)
    # END TODO(4)

"""All tasks write the same temporary file: one replaces what another still writes.

Caught by: own_file
"""
    # TODO(4): a file of its own, replaced in one step
    part = os.path.join(folder, "result.tmp")
    with open(part, "w") as file:
        json.dump(result, file)
    if os.path.exists(part):
        os.replace(part, experiment.result_path(folder, index))
    # END TODO(4)

"""All tasks append to one file: on a parallel filesystem lines of several nodes overwrite each other.

Caught by: own_file
"""
    # TODO(4): a file of its own, replaced in one step
    with open(os.path.join(folder, "results.jsonl"), "a") as file:
        file.write(json.dumps(result) + "\n")
    # END TODO(4)

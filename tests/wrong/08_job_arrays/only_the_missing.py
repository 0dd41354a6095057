"""Only what is missing is run again; corrupt and failed results stay as they are.

Caught by: rerun
"""
    # TODO(6): only what is missing, and under the limit
    again = sorted(index for index, why in failures.items() if why == "missing")
    return ",".join(map(str, again)) + f"%{limit}" if again else ""
    # END TODO(6)

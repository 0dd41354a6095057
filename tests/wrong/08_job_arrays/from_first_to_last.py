"""From the first failure to the last: what is finished in between runs again.

Caught by: rerun
"""
    # TODO(6): only what is missing, and under the limit
    if not failures:
        return ""
    return f"{min(failures)}-{max(failures)}%{limit}"
    # END TODO(6)

"""Mistakes that a person can put right: shown as one plain message, never as a traceback."""


class UsageError(Exception):
    """Expected, found, what to do: the text says all three."""

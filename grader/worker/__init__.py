"""The untrusted side: a process that imports the given code and a task file, and answers calls.

`client` is the trusted end, `server` the fork server, `child` the worker itself; they share `protocol`.
"""

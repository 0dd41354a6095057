"""The grader of the course: one suite of checks for a laptop, a student's GPU job and a class."""

__version__ = "0.1.0"

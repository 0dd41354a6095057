"""Counters that run inside a worker, beside a hand-in: what they answer is self-reported evidence.

They import torch, so only a workload does `from grader.probes import ...`; the grader's own process never imports them.
"""

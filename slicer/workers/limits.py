"""Limits: what a slice may say in all, divided among workers.

A slice's `messages_per_second` and `bytes_per_second` hold for all its datapaths together, and
these may be in several workers. Each worker gets an equal part. Invariant: the parts add up to no
more than the policy allows.
"""

from __future__ import annotations

from dataclasses import replace

from slicer.policy import Policy
from slicer.policy.values import SlicePolicy

DIVIDED = ("messages_per_second", "bytes_per_second")


def divided(policy: Policy, workers: int) -> Policy:
    """The policy for each of so many workers.

    Raises:
        ValueError: a limit is too small to be divided.
    """
    slices = {name: _divided(each, workers) for name, each in policy.slices.items()}
    return replace(policy, slices=slices)


def _divided(of: SlicePolicy, workers: int) -> SlicePolicy:
    parts = {}
    for name in DIVIDED:
        limit = getattr(of.limits, name)
        if limit is None:
            continue
        if limit < workers:
            raise ValueError(
                f"found {name}: {limit} of slice {of.name}, expected at least {workers}, "
                "one for each worker"
            )
        parts[name] = limit // workers
    return replace(of, limits=replace(of.limits, **parts))

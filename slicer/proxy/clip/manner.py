"""Manner: which datapaths are clipped, with what bounds, and what their tenants may speak.

Invariant: every connection has an enforcement of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from slicer.openflow.v10 import V10
from slicer.policy import Policy
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.clip.tenancy import Bounds
from slicer.proxy.enforcement import Manner
from slicer.proxy.memory import Account
from slicer.proxy.settings import Settings

PLAIN = 3_000
"""Bytes of memory, at least, that there are for each flow which the policy allows: more than one
that is a single piece takes."""


def clipping(
    policy: Policy, settings: Settings, secret: bytes, memory: Account | None = None
) -> Mapping[int, Manner]:
    """Datapaths of OpenFlow 1.0 are, for tenants of OpenFlow 1.0; `secret` seals LLDP, and `memory`
    is one datapath's."""

    @cache
    def bounds_of(slice_name: str) -> Bounds:
        limits = policy.slices[slice_name].limits
        flows = settings.flows_per_sliver if limits.flows is None else limits.flows
        return Bounds(
            settings.pieces_per_flow if limits.pieces is None else limits.pieces,
            flows,
            max(settings.flow_bytes_per_sliver, flows * PLAIN),
        )

    return {V10.version: Manner(lambda: Clip(secret, bounds_of, memory), {V10.version: V10})}

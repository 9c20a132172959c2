"""PolicyView: what the policy says about datapaths and slices that are there.

What it says of a datapath depends on the datapath's ports; the datapath's part of the flowspace is
kept until they change. Invariant: the same policy and ports give the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements
from slicer.isolation.intake import Intake
from slicer.isolation.limits import Limits
from slicer.openflow.messages import Port
from slicer.policy import Policy
from slicer.policy.ovsdb import Ovsdb
from slicer.proxy.entitling import entitlements


class PolicyView:
    """One policy's."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._intakes = {
            name: intake
            for name, each in policy.slices.items()
            if (intake := Intake(each.limits, 0.0)).is_limited
        }
        self._flowspaces: dict[int, tuple[Mapping[str, int], FlowSpace]] = {}

    def forget(self, dpid: int) -> None:
        """A datapath has gone."""
        self._flowspaces.pop(dpid, None)

    def name_of(self, dpid: int) -> str:
        """What people call a datapath: its name in the policy and its dpid."""
        name = self._policy.datapath_name(dpid)
        digits = f"{dpid:016x}"
        return f"datapath {digits}" if name == digits else f"{name} ({digits})"

    def limits_of(self, slice_name: str) -> Limits:
        """What a slice may use."""
        return self._policy.slices[slice_name].limits

    def intake_of(self, slice_name: str) -> Intake | None:
        """What a slice's controllers may say, on all datapaths together."""
        return self._intakes.get(slice_name)

    def ovsdb_of(self, dpid: int) -> Ovsdb | None:
        """Where a datapath's queues are set up, or None."""
        return self._policy.ovsdb_of(dpid)

    def flowspace_on(self, dpid: int, port_names: Mapping[str, int]) -> FlowSpace:
        """The policy's part for a datapath whose ports have these names."""
        known = self._flowspaces.get(dpid)
        if known is None or known[0] != port_names:
            known = (dict(port_names), self._policy.flowspace_on(dpid, port_names))
            self._flowspaces[dpid] = known
        return known[1]

    def entitlements_on(
        self, dpid: int, space: FlowSpace, ports: Mapping[int, Port]
    ) -> Entitlements:
        """What the policy gives the slices of a datapath with these ports."""
        return entitlements(self._policy, dpid, space, ports)

"""PolicyView: what the policy says about datapaths and slices that are there.

What it says of a datapath depends on the datapath's ports; the datapath's part of the flowspace is
kept until they change, its rules once for all datapaths to which the policy gives the same.
Invariant: the same policy and ports give the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass

from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements
from slicer.isolation.intake import Intake
from slicer.isolation.limits import Limits
from slicer.openflow.messages import Port
from slicer.policy import Policy, PolicyRule, flowspace_of
from slicer.policy.ovsdb import Ovsdb
from slicer.proxy.entitling import entitlements

_Alike = tuple[int | None, tuple[int | None, ...]]
"""What a datapath's part of the flowspace depends on: its dpid, where some rule names it, and the
numbers of the ports that rules call by name."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A datapath's part of the flowspace: its own value, made of what is shared."""

    port_names: Mapping[str, int]
    flowspace: FlowSpace
    alike: _Alike


class PolicyView:
    """One policy's."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._intakes = _intakes(policy)
        self._watchers_intakes = _intakes(policy)
        self._everywhere: list[int] = []
        """Numbers of the policy's rules, in its order."""
        self._only_on: dict[int, list[int]] = {}
        for number, rule in enumerate(policy.flowspace):
            if rule.datapaths is None:
                self._everywhere.append(number)
            for dpid in rule.datapaths or ():
                self._only_on.setdefault(dpid, []).append(number)
        self._named_ports = sorted(
            {name for rule in policy.flowspace if rule.ports for name in rule.ports.names}
        )
        self._known: dict[int, _Known] = {}
        self._shared: dict[_Alike, FlowSpace] = {}
        """Those that some datapath has: a policy of 100,000 rules takes 30 MB each."""

    def forget(self, dpid: int) -> None:
        """A datapath has gone."""
        before = self._known.pop(dpid, None)
        if before is not None and all(before.alike != each.alike for each in self._known.values()):
            del self._shared[before.alike]

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

    def watchers_intake_of(self, slice_name: str) -> Intake | None:
        """Likewise its watchers."""
        return self._watchers_intakes.get(slice_name)

    def ovsdb_of(self, dpid: int) -> Ovsdb | None:
        """Where a datapath's queues are set up, or None."""
        return self._policy.ovsdb_of(dpid)

    def flowspace_on(self, dpid: int, port_names: Mapping[str, int]) -> FlowSpace:
        """The policy's part for a datapath whose ports have these names."""
        known = self._known.get(dpid)
        if known is None or known.port_names != port_names:
            alike = (
                dpid if dpid in self._only_on else None,
                tuple(port_names.get(name) for name in self._named_ports),
            )
            shared = self._shared.get(alike) or flowspace_of(self._rules_on(dpid), port_names)
            self.forget(dpid)
            self._shared[alike] = shared
            known = self._known[dpid] = _Known(dict(port_names), copy(shared), alike)
        return known.flowspace

    def size_on(self, dpid: int, ports: int) -> int:
        """About how much there is to be set up on a datapath with so many ports: rules, and the
        slices' ports."""
        rules = len(self._everywhere) + len(self._only_on.get(dpid, ()))
        return rules + min(len(self._policy.slices), rules) * ports

    def _rules_on(self, dpid: int) -> Iterator[PolicyRule]:
        """The rules for a datapath, at no cost for those that are for others only."""
        numbers = sorted([*self._everywhere, *self._only_on.get(dpid, ())])
        return (self._policy.flowspace[number] for number in numbers)

    def entitlements_on(
        self, dpid: int, space: FlowSpace, ports: Mapping[int, Port]
    ) -> Entitlements:
        """What the policy gives the slices of a datapath with these ports."""
        return entitlements(self._policy, dpid, space, ports)


def _intakes(policy: Policy) -> dict[str, Intake]:
    return {
        name: intake
        for name, each in policy.slices.items()
        if (intake := Intake(each.limits, 0.0)).is_limited
    }

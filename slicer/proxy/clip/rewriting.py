"""Rewriting: what an action list makes of the packets of a region, output by output.

A rewrite is an assignment of header bits, so both ways are plain: the image of a region under it,
and the region of the packets whose image is in another. Where OpenFlow 1.0 has an action do one
thing to some packets and another to the rest (a VLAN tag that is there or not), the region is
looked at in two cases; where it leaves open what is done, the list is refused. Not here: who owns
what. Invariant: a packet of `Way.case`, once the actions before it are done, is in
`sent.rewrite.image(case)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from slicer.flowspace.fields import (
    ETH_TYPE_IPV4,
    ETH_TYPE_IPV6,
    FIELDS,
    IP_PROTO_SCTP,
    IP_PROTO_TCP,
    IP_PROTO_UDP,
    VLAN_PRESENT,
)
from slicer.flowspace.match import Match as Region
from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.oxm import name_of, read
from slicer.proxy.refusal import Refusal

_VID, _PCP = FIELDS["vlan_vid"], FIELDS["vlan_pcp"]
_PRESENT = VLAN_PRESENT << _VID.shift
TAGGED = Region(_PRESENT, _PRESENT)
UNTAGGED = Region(0, _VID.place)
_LAST_PORT = 0xFEFF
_SETTABLE = frozenset(
    {
        *("eth_src", "eth_dst", "vlan_vid", "vlan_pcp", "ip_dscp", "ipv4_src", "ipv4_dst"),
        *(f"{name}_{end}" for name in ("tcp", "udp", "sctp") for end in ("src", "dst")),
    }
)
_TRANSPORTS = {IP_PROTO_TCP: "tcp", IP_PROTO_UDP: "udp", IP_PROTO_SCTP: "sctp"}
_EVERYWHERE = frozenset({"eth_src", "eth_dst", "vlan_vid", "vlan_pcp"})


class Rewrite(NamedTuple):
    """Header bits that are given values, in the wide integer of `flowspace.fields`."""

    value: int = 0
    mask: int = 0

    def then(self, name: str, value: int) -> Rewrite:
        """This, and then a field set."""
        field = FIELDS[name]
        kept = self.value & ~field.place
        return Rewrite(kept | value << field.shift, self.mask | field.place)

    def image(self, region: Region) -> Region:
        """What packets of the region look like afterwards, and perhaps others."""
        image = Region.fixing(region.value & ~self.mask | self.value, region.mask | self.mask)
        assert image is not None
        return image

    def preimage(self, region: Region) -> Region | None:
        """The packets that are in the region afterwards; None: no packet is. It may leave out
        what they need to have the fields that it names: ask of packets that have them."""
        if (self.value ^ region.value) & self.mask & region.mask:
            return None
        return Region(region.value & ~self.mask, region.mask & ~self.mask)


@dataclass(frozen=True, slots=True)
class Sent:
    """An output: its place in the list, its port as the tenant wrote it, what was done before."""

    index: int
    port: int
    rewrite: Rewrite


class Way(NamedTuple):
    """What happens to the packets of `case`. `is_tagged`: have they a VLAN tag by now? None where
    some have and some haven't. `is_open_vswitch`: is it known that the datapath also rewrites
    IPv6 and SCTP, of which OpenFlow 1.0 says nothing?"""

    case: Region
    is_tagged: bool | None
    is_open_vswitch: bool
    rewrite: Rewrite = Rewrite()
    sent: tuple[Sent, ...] = ()

    def known(self, name: str) -> int | None:
        """The value that a field has for all of these packets, by now."""
        seen = self.rewrite.image(self.case).get(name)
        return seen[0] if seen is not None and seen[1] == FIELDS[name].ones else None

    def with_set(self, name: str, value: int) -> Way:
        """One field more is set."""
        return self._replace(rewrite=self.rewrite.then(name, value))


def ways(region: Region, actions: Sequence[Action], is_open_vswitch: bool) -> list[Way]:
    """What an action list does to the packets of a region, whose protocol the region says. Raises
    Refusal."""
    found = [Way(region, _is_tagged(region), is_open_vswitch)]
    for index, action in enumerate(actions):
        step = _STEPS.get(type(action))
        if step is None:
            raise Refusal(errors.BAD_ACTION_BAD_TYPE, f"action {action!r}")
        found = [after for before in found for after in step(before, index, action)]
    return found


def check(actions: Sequence[Action]) -> None:
    """Refuse what no flow and no packet-out may have, whatever the region."""
    for action in actions:
        if isinstance(action, a.ExperimenterAction):
            raise Refusal(errors.BAD_ACTION_BAD_EXPERIMENTER, f"action {action!r}")
        if type(action) not in _STEPS:
            raise Refusal(errors.BAD_ACTION_BAD_TYPE, f"action {action!r}")
        if isinstance(action, a.Output) and not (
            action.port <= _LAST_PORT or action.port in OUTPUTS
        ):
            raise Refusal(errors.BAD_ACTION_BAD_OUT_PORT, f"output to port {action.port:#x}")


OUTPUTS = frozenset(
    {
        of.OFPP_IN_PORT,
        of.OFPP_TABLE,
        of.OFPP_FLOOD,
        of.OFPP_ALL,
        of.OFPP_CONTROLLER,
        of.OFPP_LOCAL,
    }
)
"""The reserved ports that a tenant may name; TABLE in a packet-out only."""


def _is_tagged(region: Region) -> bool | None:
    if TAGGED.contains(region):
        return True
    return False if UNTAGGED.contains(region) else None


def _output(way: Way, index: int, action: a.Output) -> list[Way]:
    case, is_tagged, is_open_vswitch, rewrite, sent = way
    outputs = *sent, Sent(index, action.port, rewrite)
    return [Way(case, is_tagged, is_open_vswitch, rewrite, outputs)]


def _set_field(way: Way, index: int, action: a.SetField) -> list[Way]:
    name, value, _ = read(action.oxm)
    if name not in _SETTABLE:
        header, _ = action.oxm
        raise Refusal(errors.BAD_ACTION_BAD_SET_TYPE, f"set-field of {name_of(header)}")
    if name not in _EVERYWHERE and not way.is_open_vswitch:
        is_extension = name.startswith("sctp") or way.known("eth_type") == ETH_TYPE_IPV6
        if is_extension:
            raise _unsure(action, "a protocol that OpenFlow 1.0 rewrites")
    return [way.with_set(name, value)]


def _in_cases(
    step: Callable[[Way, Action], Way],
) -> Callable[[Way, int, Action], list[Way]]:
    """A step that treats packets with and without a tag differently."""

    def carry_out(way: Way, index: int, action: Action) -> list[Way]:
        if way.is_tagged is not None:
            return [step(way, action)]
        tagged, untagged = way.case & TAGGED, way.case & UNTAGGED
        assert tagged is not None
        assert untagged is not None
        return [
            step(way._replace(case=tagged, is_tagged=True), action),
            step(way._replace(case=untagged, is_tagged=False), action),
        ]

    return carry_out


def _set_vid(way: Way, action: Action) -> Way:
    assert isinstance(action, a.SetVlanVid)
    if not way.is_tagged:
        way = way.with_set("vlan_pcp", 0)
    return way.with_set("vlan_vid", VLAN_PRESENT | action.vlan_vid)._replace(is_tagged=True)


def _set_pcp(way: Way, action: Action) -> Way:
    assert isinstance(action, a.SetVlanPcp)
    if not way.is_tagged:
        way = way.with_set("vlan_vid", VLAN_PRESENT)
    return way.with_set("vlan_pcp", action.vlan_pcp)._replace(is_tagged=True)


def _strip(way: Way, action: Action) -> Way:
    if not way.is_tagged:
        return way
    return way.with_set("vlan_vid", 0).with_set("vlan_pcp", 0)._replace(is_tagged=False)


def _set_address(way: Way, index: int, action: a.SetNwSrc | a.SetNwDst) -> list[Way]:
    eth_type = way.known("eth_type")
    if eth_type is None:
        raise _unsure(action, "the Ethernet type")
    if eth_type != ETH_TYPE_IPV4:
        return [way]
    if isinstance(action, a.SetNwSrc):
        return [way.with_set("ipv4_src", action.nw_src)]
    return [way.with_set("ipv4_dst", action.nw_dst)]


def _set_tos(way: Way, index: int, action: a.SetNwTos) -> list[Way]:
    eth_type = way.known("eth_type")
    if eth_type in (None, ETH_TYPE_IPV6):
        raise _unsure(action, "that packets are IPv4")
    return [way.with_set("ip_dscp", action.nw_tos >> 2)] if eth_type == ETH_TYPE_IPV4 else [way]


def _set_transport(way: Way, index: int, action: a.SetTpSrc | a.SetTpDst) -> list[Way]:
    eth_type, proto = way.known("eth_type"), way.known("ip_proto")
    if eth_type not in (None, ETH_TYPE_IPV4, ETH_TYPE_IPV6):
        return [way]
    name = _TRANSPORTS.get(proto) if proto is not None and eth_type == ETH_TYPE_IPV4 else None
    if name is None or (name == "sctp" and not way.is_open_vswitch):
        raise _unsure(action, "a protocol with ports")
    if isinstance(action, a.SetTpSrc):
        return [way.with_set(f"{name}_src", action.tp_src)]
    return [way.with_set(f"{name}_dst", action.tp_dst)]


def _unsure(action: Action, what: str) -> Refusal:
    return Refusal(
        errors.BAD_ACTION_EPERM,
        f"action {action!r} without {what} in the match: whose packets result is not known",
    )


def _nothing(way: Way, index: int, action: Action) -> list[Way]:
    return [way]


_STEPS: Mapping[type[Action], Callable[..., list[Way]]] = {
    a.Output: _output,
    a.SetQueue: _nothing,
    a.PopQueue: _nothing,
    a.SetField: _set_field,
    a.SetVlanVid: _in_cases(_set_vid),
    a.SetVlanPcp: _in_cases(_set_pcp),
    a.StripVlan: _in_cases(_strip),
    a.SetNwSrc: _set_address,
    a.SetNwDst: _set_address,
    a.SetNwTos: _set_tos,
    a.SetTpSrc: _set_transport,
    a.SetTpDst: _set_transport,
}

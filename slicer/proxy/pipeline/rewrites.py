"""Rewrites of OpenFlow 1.0, which leave a packet without the field in question as it is.

An action of OpenFlow 1.3 expects its flow's match to make sure of the field. Where a tenant's
match doesn't, its flow says in registers what to write, and asks emit, where a flow for each kind
of packet that has the field writes it (OpenFlow 1.0 5.2.4; for ICMP as Open vSwitch does).
Setting a VLAN tag's id or priority needs no question: it pushes the tag where there is none.

Invariant: read(actions) gives back each rewrite, and no packet leaves by what is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from slicer.openflow import actions as a
from slicer.openflow.actions import Action, RegLoad, RegMove
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage
from slicer.proxy.pipeline.stage_flow import TO_EMIT, stage_flow

OWNER = header_of(layout.OWNER)
VALUE = header_of(layout.VALUE)
VLAN_TCI = 0x0000_0802
"""NXM_OF_VLAN_TCI: 3 bits priority, 1 that says that there is a tag, 12 id (ovs-fields(7))."""
_NOT_LATER_FRAGMENT = (0x0, 0x2)

Fields = Mapping[str, int | tuple[int, int]]

_IPS = (0x0800, 0x86DD)
_PORTS = ((6, "tcp"), (17, "udp"), (132, "sctp"))
_ICMP: Fields = {"eth_type": 0x0800, "ip_proto": 1, "ip_frag": _NOT_LATER_FRAGMENT}


class _Case(NamedTuple):
    """Packets that have a field, and the field by the name that Open vSwitch tells it by."""

    packets: Fields
    field: str
    bits: int


def _transport(end: str, of_icmp: str) -> tuple[_Case, ...]:
    ports = (
        _Case(
            {"eth_type": ip, "ip_proto": number, "ip_frag": _NOT_LATER_FRAGMENT},
            f"{name}_{end}" if name == "sctp" else f"nxm_{name}_{end}",
            16,
        )
        for ip in _IPS
        for number, name in _PORTS
    )
    return (*ports, _Case(_ICMP, of_icmp, 8))


_CASES: Mapping[type[Action], tuple[_Case, ...]] = {
    a.StripVlan: (_Case({"vlan_vid": (0x1000, 0x1000)}, "", 0),),
    a.SetNwSrc: (_Case({"eth_type": 0x0800}, "nxm_ipv4_src", 32),),
    a.SetNwDst: (_Case({"eth_type": 0x0800}, "nxm_ipv4_dst", 32),),
    a.SetNwTos: tuple(_Case({"eth_type": ip}, "ip_dscp", 6) for ip in _IPS),
    a.SetTpSrc: _transport("src", "nxm_icmpv4_type"),
    a.SetTpDst: _transport("dst", "nxm_icmpv4_code"),
}
_NUMBERS = {kind: number for number, kind in enumerate(_CASES, 1)}
_KINDS: Mapping[int, Callable[..., Action]] = {n: kind for kind, n in _NUMBERS.items()}

ASKED = tuple(_CASES)
"""The rewrites that are put to emit."""


def ask(wanted: Action) -> tuple[Action, ...]:
    """Have emit carry out a rewrite, one of ASKED."""
    return (
        RegLoad(OWNER, 0, 32, layout.REWRITING | _NUMBERS[type(wanted)]),
        RegLoad(VALUE, 0, 32, _value(wanted)),
        TO_EMIT,
    )


def _value(wanted: Action) -> int:
    match wanted:
        case a.SetNwSrc(nw_src=value) | a.SetNwDst(nw_dst=value):
            return value
        case a.SetTpSrc(tp_src=value) | a.SetTpDst(tp_dst=value):
            return value
        case a.SetNwTos(nw_tos=tos):
            return tos >> 2
    return 0


def set_vlan_vid(wanted: a.SetVlanVid) -> RegLoad:
    """Write the id, and that there is a tag."""
    return RegLoad(VLAN_TCI, 0, 13, 1 << 12 | wanted.vlan_vid)


def set_vlan_pcp(wanted: a.SetVlanPcp) -> RegLoad:
    """Write the priority, and that there is a tag."""
    return RegLoad(VLAN_TCI, 12, 4, wanted.vlan_pcp << 1 | 1)


def read_vlan(stored: RegLoad) -> Action:
    """Which of the two a load of VLAN_TCI is."""
    if stored.ofs:
        return a.SetVlanPcp(stored.value >> 1)
    return a.SetVlanVid(stored.value & 0xFFF)


def read(number: int, value: int) -> Action | None:
    """The rewrite for which OWNER and VALUE were loaded with these numbers, or None."""
    kind = _KINDS.get(number ^ layout.REWRITING)
    if kind is None:
        return None
    if kind is a.StripVlan:
        return kind()
    return kind(value << 2 if kind is a.SetNwTos else value)


def flows() -> Iterator[FlowMod]:
    """The flows in emit that carry rewrites out."""
    for kind, cases in _CASES.items():
        for packets, field, bits in cases:
            write = RegMove(bits, 0, 0, VALUE, header_of(field)) if field else a.PopVlan()
            yield stage_flow(
                Stage.REWRITE,
                layout.EMIT_TABLE,
                layout.EMIT_PRIORITY,
                match=Match.of(**packets, **{layout.OWNER: layout.REWRITING | _NUMBERS[kind]}),
                actions=(write,),
            )

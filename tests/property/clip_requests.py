"""Hypothesis strategies for the isolation theorem over clip: what tenants of OpenFlow 1.0 ask for.

Values are those of `isolation_headers`, so that matches, rewrites, rules and packets meet often.
Invariant: what is drawn can be encoded in OpenFlow 1.0.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.actions import Action
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, Message, PacketOut
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10 import V10
from tests.fakes import frames
from tests.property.isolation_headers import (
    ADDRESSES,
    HARDWARE,
    KINDS,
    NUMBERS,
    PORTS,
    VLANS,
    kinds,
    packets,
)

XID = 0x1234
FOREIGN = 9
_PREFIXES = ((0x0A000000, 0xFF000000), (0x0A000000, 0xFFFFFFFE))
_FIELDS: dict[str, dict[str, tuple[int | tuple[int, int], ...]]] = {
    "any": {},
    "arp": {"arp_spa": (*ADDRESSES, *_PREFIXES), "arp_op": (1, 2)},
    "ipv4": {"ipv4_src": (*ADDRESSES, *_PREFIXES), "ipv4_dst": ADDRESSES, "ip_dscp": (0, 8)},
    "tcp": {"ipv4_dst": ADDRESSES, "tcp_dst": NUMBERS, "tcp_src": NUMBERS},
    "udp": {"ipv4_dst": ADDRESSES, "udp_dst": NUMBERS, "udp_src": NUMBERS},
}
_ANYWHERE: dict[str, tuple[int | tuple[int, int], ...]] = {
    "in_port": PORTS,
    "vlan_vid": (0, *(0x1000 | each for each in VLANS)),
    "eth_dst": HARDWARE,
    "eth_src": HARDWARE,
}


@st.composite
def matches(draw: DrawFn) -> tuple[str, Match]:
    """A kind of packet, and a match of such packets."""
    kind = draw(kinds)
    choices = {**_ANYWHERE, **_FIELDS[kind]}
    names = draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=3))
    picked = {name: draw(st.sampled_from(choices[name])) for name in names}
    return kind, Match.of(**{**KINDS[kind], **picked})


_OUTPUTS = (1, 2, 3, 4, 1, 2, FOREIGN, of.OFPP_LOCAL, of.OFPP_FLOOD, of.OFPP_FLOOD, of.OFPP_ALL)
_SPECIAL = (of.OFPP_IN_PORT, of.OFPP_CONTROLLER)
_outputs = st.builds(a.Output, st.sampled_from((*_OUTPUTS, *_SPECIAL)), st.just(0xFFFF))


def _rewrites(kind: str) -> st.SearchStrategy[Action]:
    everywhere: list[st.SearchStrategy[Action]] = [
        st.builds(lambda mac: a.SetField(oxm("eth_dst", mac)), st.sampled_from(HARDWARE)),
        st.builds(a.SetVlanVid, st.sampled_from(VLANS)),
        st.builds(a.SetVlanPcp, st.sampled_from((0, 5))),
        st.just(a.StripVlan()),
    ]
    if kind in ("ipv4", "tcp", "udp"):
        everywhere += [
            st.builds(lambda ip: a.SetField(oxm("ipv4_dst", ip)), st.sampled_from(ADDRESSES)),
            st.builds(lambda ip: a.SetField(oxm("ipv4_src", ip)), st.sampled_from(ADDRESSES)),
        ]
    if kind in ("tcp", "udp"):
        field = f"{kind}_dst"
        everywhere.append(
            st.builds(lambda port: a.SetField(oxm(field, port)), st.sampled_from(NUMBERS))
        )
    return st.one_of(everywhere)


@st.composite
def action_lists(draw: DrawFn, kind: str) -> tuple[Action, ...]:
    """Outputs, and between them a rewrite now and then."""
    found: list[Action] = []
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 3)))):
        if draw(st.integers(0, 3)) == 0:
            found.append(draw(_rewrites(kind)))
        found.append(draw(_outputs))
    return tuple(found)


_COMMANDS = (
    *(of.OFPFC_ADD,) * 6,
    of.OFPFC_MODIFY,
    of.OFPFC_MODIFY_STRICT,
    of.OFPFC_DELETE,
    of.OFPFC_DELETE_STRICT,
)


@st.composite
def flow_mods(draw: DrawFn) -> FlowMod:
    """Flow-mods of every command, adds more often."""
    kind, match = draw(matches())
    command = draw(st.sampled_from(_COMMANDS))
    actions = draw(action_lists(kind))
    deletes = command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
    return FlowMod(
        XID,
        cookie=draw(st.sampled_from((0, 7, 0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF))),
        table_id=of.OFPTT_ALL if deletes else 0,
        command=command,
        priority=draw(st.sampled_from((0, 1, 2, 3, 100, 40000, 65535))),
        out_port=draw(st.sampled_from((of.OFPP_ANY, of.OFPP_ANY, 2))) if deletes else of.OFPP_ANY,
        flags=draw(st.sampled_from((0, of.OFPFF_SEND_FLOW_REM))),
        match=match,
        instructions=(ApplyActions(actions),) if actions and not deletes else (),
        upsert=command in (of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT),
    )


_NW_REWRITES: st.SearchStrategy[Action] = st.one_of(
    _rewrites("any"),
    st.builds(a.SetNwDst, st.sampled_from(ADDRESSES)),
    st.builds(a.SetTpDst, st.sampled_from(NUMBERS)),
)


@st.composite
def packet_outs(draw: DrawFn) -> PacketOut:
    """Packet-outs of what may or may not be the tenant's."""
    actions: list[Action] = []
    for _ in range(draw(st.integers(1, 2))):
        if draw(st.integers(0, 3)) == 0:
            actions.append(draw(_NW_REWRITES))
        actions.append(draw(_outputs | st.just(a.Output(of.OFPP_TABLE))))
    in_port = draw(st.sampled_from((*PORTS, of.OFPP_ANY)))
    return PacketOut(XID, of.OFP_NO_BUFFER, in_port, tuple(actions), frames.write(draw(packets())))


def requests() -> st.SearchStrategy[Message]:
    """Anything that changes or sends something."""
    return st.one_of(flow_mods(), flow_mods(), flow_mods(), packet_outs())


def as_sent(message: Message) -> Message:
    """What a switch of OpenFlow 1.0 reads when a tenant sends this."""
    return V10.decode(V10.encode(message))

"""Hypothesis strategies for the isolation theorem: policies, packets, and hostile requests.

Everything is drawn from few values, so that rules, packets and rewrites meet often. Tenants are
given no good manners: what they ask for is mostly well-formed, because only that gets anywhere.
Not here: what is asserted (`isolation_machine.py`).

Invariant: a policy of `policies` is one that `slicer.policy` would accept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from slicer.flowspace.match import Match as Region
from slicer.flowspace.space import FlowSpace
from slicer.isolation.limits import Limits
from slicer.isolation.shares import Share
from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.groups import Bucket
from slicer.openflow.messages import Message
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.openflow.v13 import V13
from slicer.policy import Policy
from slicer.policy.document import Place
from slicer.policy.endpoints import Dial, Endpoint
from slicer.policy.values import PolicyRule, PortSet, SlicePolicy
from slicer.proxy.pipeline import layout
from tests.fakes import frames
from tests.fakes.packet import Packet, Tag
from tests.fakes.texts import frame_text, text

SLICES = ("red", "blue", "green")
PORTS = (1, 2, 3, 4)
PORT_NAMES = ("p1", "p2", "p4", "spare")
ALL_PORTS = (*PORTS, of.OFPP_LOCAL)
PRIORITIES = (1, 2, 3)
XID = 0x7E57

_TCP, _UDP = 6, 17
_IPV4, _ARP, _OTHER = 0x0800, 0x0806, 0x88CC
_VLANS = (100, 200)
_ADDRESSES = (0x0A000001, 0x0A000002, 0x0B000001)
_HARDWARE = (0x020000000001, 0x020000000002)
_NUMBERS = (80, 443, 8080)

Fields = dict[str, int | tuple[int, int]]

KINDS: Mapping[str, Fields] = {
    "any": {},
    "arp": {"eth_type": _ARP},
    "ipv4": {"eth_type": _IPV4},
    "tcp": {"eth_type": _IPV4, "ip_proto": _TCP},
    "udp": {"eth_type": _IPV4, "ip_proto": _UDP},
}
"""What a packet surely is, and what a match has to say for that."""

_PREFIXES = ((0x0A000000, 0xFF000000), (0x0A000000, 0xFFFFFFFE))
_EVERYWHERE: Mapping[str, tuple[int | tuple[int, int], ...]] = {
    "vlan_vid": (0, (0x1000, 0x1000), *(0x1000 | each for each in _VLANS)),
    "eth_dst": (*_HARDWARE, (0x020000000000, 0xFFFFFFFFFFFE)),
    "eth_src": _HARDWARE,
}
_BY_KIND: Mapping[str, Mapping[str, tuple[int | tuple[int, int], ...]]] = {
    "any": {},
    "arp": {"arp_spa": (*_ADDRESSES, *_PREFIXES), "arp_op": (1, 2)},
    "ipv4": {"ipv4_src": (*_ADDRESSES, *_PREFIXES), "ipv4_dst": _ADDRESSES, "ip_dscp": (0, 8)},
    "tcp": {"ipv4_dst": _ADDRESSES, "tcp_dst": (*_NUMBERS, (80, 0xFFF0)), "tcp_src": _NUMBERS},
    "udp": {"ipv4_dst": _ADDRESSES, "udp_dst": (*_NUMBERS, (0, 0xFF00)), "udp_src": _NUMBERS},
}
"""The fields that are played with."""


@st.composite
def headers(draw: DrawFn, kind: str) -> Fields:
    """Some fields of a packet of a kind, prerequisites first."""
    choices = {**_EVERYWHERE, **_BY_KIND[kind]}
    names = draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=2))
    picked: Fields = {name: draw(st.sampled_from(choices[name])) for name in names}
    return {**KINDS[kind], **picked}


kinds = st.sampled_from(sorted(KINDS))

# ---- what a failing test prints ----


Value = TypeVar("Value")


class Shown(Generic[Value]):
    """A drawn value with a text of its own, as a failing test is to print it."""

    def __init__(self, value: Value, text: str) -> None:
        self.value = value
        self.text = text

    def __repr__(self) -> str:
        return self.text


# ---- policies ----


@st.composite
def _rules(draw: DrawFn, names: tuple[str, ...], number: int) -> PolicyRule:
    region = Region.of(**draw(kinds.flatmap(headers)))
    ports = draw(
        st.none()
        | st.none()
        | st.builds(
            PortSet,
            st.frozensets(st.sampled_from(PORTS), max_size=3),
            st.frozensets(st.sampled_from(PORT_NAMES), max_size=1),
        )
    )
    if ports is not None and not ports.numbers | ports.names:
        ports = None
    name = draw(st.sampled_from(names))
    priority = draw(st.sampled_from(PRIORITIES))
    return PolicyRule(name, priority, (region,), None, ports, Place(number, 1))


@st.composite
def policies(draw: DrawFn) -> Shown[Policy]:
    """Two or three slices, the first of them with two controllers, and a few rules. Rules of one
    priority that conflict, which no policy may have, are given priorities of their own."""
    names = SLICES[: draw(st.integers(2, 3))]
    count = draw(st.integers(2, 6))
    rules = [draw(_rules(names, number)) for number in range(1, count + 1)]
    if draw(st.booleans()):
        rules.append(PolicyRule(names[-1], 0, (Region.ANY,), None, None, Place(count + 1, 1)))
        count += 1
    resolved = {name: number for number, name in enumerate(PORT_NAMES, 1)}
    space = FlowSpace(each for rule in rules for each in rule.rules(resolved))
    if next(space.conflicts(), None) is not None:
        rules = [
            PolicyRule(r.slice, 10 * (count - at), r.matches, None, r.ports, r.place)
            for at, r in enumerate(rules)
        ]
    slices = {name: _slice(name, 2 if name == names[0] else 1) for name in names}
    listen = (Endpoint("127.0.0.1", 6633),)
    policy = Policy("drawn", listen, None, slices, tuple(rules), ())
    return Shown(policy, "policy(" + "; ".join(map(_rule_text, rules)) + ")")


def _rule_text(rule: PolicyRule) -> str:
    where = ""
    if rule.ports is not None:
        where = f" at {sorted(rule.ports.numbers)} {sorted(rule.ports.names)}"
    return f"{rule.slice} {rule.priority}: {rule.matches[0]}{where}"


def _slice(name: str, controllers: int) -> SlicePolicy:
    base = 7000 + 10 * SLICES.index(name)
    dialled = tuple(Dial(Endpoint("127.0.0.1", base + each)) for each in range(controllers))
    return SlicePolicy(name, dialled, Limits(), Share())


# ---- packets ----

_ports = st.sampled_from(_NUMBERS)
_tags = st.lists(
    st.builds(Tag, st.sampled_from((0x8100, 0x88A8)), st.sampled_from((0, *_VLANS)), st.just(0)),
    max_size=2,
).map(tuple)


@st.composite
def packets(draw: DrawFn) -> Packet:
    """Packets that the fields above tell apart."""
    values = {
        "eth_dst": draw(st.sampled_from(_HARDWARE)),
        "eth_src": draw(st.sampled_from(_HARDWARE)),
    }
    first = later = False
    match draw(st.sampled_from(("tcp", "tcp", "udp", "arp", "other"))):
        case "arp":
            spa = draw(st.sampled_from(_ADDRESSES))
            values |= {"eth_type": _ARP, "arp_op": draw(st.integers(1, 2)), "arp_spa": spa}
        case "other":
            values |= {"eth_type": _OTHER}
        case protocol:
            values |= {"eth_type": _IPV4, "ip_proto": _TCP if protocol == "tcp" else _UDP}
            values |= {name: draw(st.sampled_from(_ADDRESSES)) for name in ("ipv4_src", "ipv4_dst")}
            first, later = draw(
                st.sampled_from(((False, False),) * 4 + ((True, False), (False, True)))
            )
            if not later:
                values |= {f"{protocol}_{end}": draw(_ports) for end in ("src", "dst")}
    tags = draw(_tags)
    return Packet.of(*tags, first_fragment=first, later_fragment=later, **values)


Arrival = tuple[int, Packet]


@st.composite
def arrivals(draw: DrawFn) -> Shown[Arrival]:
    """A packet and the port that it comes in by."""
    number, packet = draw(st.sampled_from(ALL_PORTS)), draw(packets())
    return Shown((number, packet), f"{packet} at port {number:#x}")


# ---- what tenants ask for ----

_GOOD_OUTPUTS = (
    *PORTS * 3,
    *(5, 0xFEFF),
    *(of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_IN_PORT, of.OFPP_LOCAL, of.OFPP_CONTROLLER) * 2,
)
_BAD_OUTPUTS = (0xFF00, 0xFFFE, 0xFFFFFF00, of.OFPP_TABLE, of.OFPP_NORMAL, of.OFPP_ANY)
_max_lens = st.sampled_from((0, 20, of.OFPCML_NO_BUFFER))
_good_output = st.builds(a.Output, st.sampled_from(_GOOD_OUTPUTS), _max_lens)
_output = st.builds(a.Output, st.sampled_from(_GOOD_OUTPUTS * 4 + _BAD_OUTPUTS), _max_lens)
_tags_known = st.integers(1, 3)
_FLOODS = st.builds(layout.group_id, _tags_known, st.sampled_from((1, 2, layout.FLOOD_PORT)))
_GROUPS = st.integers(1, 3)
_forbidden = st.one_of(
    st.builds(a.Group, _FLOODS),
    st.builds(a.SetQueue, st.integers(0, 1)),
    st.builds(a.RegLoad, st.just(header_of("reg0")), st.just(0), st.just(32), _tags_known),
    st.builds(a.SetField, st.builds(oxm, st.just("reg1"), _tags_known)),
    st.builds(a.SetField, st.builds(oxm, st.just("xreg1"), _tags_known)),
    st.builds(a.Resubmit, st.just(of.OFPP_IN_PORT), st.sampled_from((0, 1, 252, 253))),
    st.just(a.Controller()),
    st.just(a.Note(b"blue\0\0")),
)
"""What no tenant may do, though a switch could."""

_SETTABLE: Mapping[str, tuple[int, ...]] = {
    "eth_dst": _HARDWARE,
    "eth_src": _HARDWARE,
    "vlan_vid": tuple(0x1000 | each for each in _VLANS),
    "metadata": (0, 1, 0xFFFF_FFFF_FFFF_FFFF),
    "in_port": (1, 2, 99),
    "ipv4_src": _ADDRESSES,
    "ipv4_dst": _ADDRESSES,
    "ip_dscp": (0, 8),
    "arp_spa": _ADDRESSES,
    **{f"{protocol}_{end}": _NUMBERS for protocol in ("tcp", "udp") for end in ("src", "dst")},
}
_FOR_KIND: Mapping[str, tuple[str, ...]] = {
    "any": (),
    "arp": ("arp_spa",),
    "ipv4": ("ipv4_src", "ipv4_dst", "ip_dscp"),
    "tcp": ("ipv4_dst", "tcp_src", "tcp_dst"),
    "udp": ("ipv4_dst", "udp_src", "udp_dst"),
}


@st.composite
def _set_fields(draw: DrawFn, kind: str) -> a.Action:
    names = ("eth_dst", "eth_src", "vlan_vid", "metadata", "in_port", *_FOR_KIND[kind] * 2)
    name = draw(st.sampled_from(names))
    return a.SetField(oxm(name, draw(st.sampled_from(_SETTABLE[name]))))


def actions(kind: str) -> SearchStrategy[tuple[a.Action, ...]]:
    """A list of actions for packets of a kind."""
    one = st.one_of(
        _output,
        _output,
        _set_fields(kind),
        st.builds(a.PushVlan, st.sampled_from((0x8100, 0x88A8))),
        st.just(a.PopVlan()),
        st.just(a.DecNwTtl()),
        st.builds(a.Group, _GROUPS),
    )
    clean = st.lists(one, max_size=5)
    dirty = st.lists(one | _forbidden, min_size=1, max_size=3)
    return (clean | clean | clean | dirty).map(tuple)


_tables = st.sampled_from((*(0, 1) * 8, 2, 249, 250, 251, 252, 253, 254, 255))
_u64 = st.sampled_from((0, 1, 3, 0x51CE_0100_0001_0000, 0xFFFF_FFFF_FFFF_FFFF))


def _instructions(kind: str) -> SearchStrategy[tuple[i.Instruction, ...]]:
    apply = st.builds(i.ApplyActions, actions(kind))
    return st.lists(
        st.one_of(
            apply,
            apply,
            st.builds(i.WriteActions, actions(kind)),
            st.builds(i.GotoTable, st.sampled_from((1, 1, 2, 250, 251, 252, 253))),
            st.builds(i.WriteMetadata, _u64, _u64),
            st.just(i.ClearActions()),
        ),
        max_size=3,
        unique_by=type,
    ).map(tuple)


_beside: SearchStrategy[Fields] = st.fixed_dictionaries(
    {},
    optional={
        "in_port": st.sampled_from((*PORTS, of.OFPP_LOCAL)),
        "metadata": st.sampled_from((0, 1, (1, 3))),
    },
)
_registers: SearchStrategy[Fields] = st.sampled_from(
    ({},) * 12 + ({"reg0": 1}, {"reg1": 1}, {"reg2": (0, 0xFFFF)})
)


@st.composite
def _matches(draw: DrawFn, kind: str) -> Match:
    return Match.of(**draw(_beside), **draw(headers(kind)), **draw(_registers))


@st.composite
def flow_mods(draw: DrawFn) -> m.FlowMod:
    """Flow-mods of all kinds; most of them add."""
    kind = draw(kinds)
    command = draw(st.sampled_from((*(of.OFPFC_ADD,) * 6, 1, 2, 3, 4)))
    wild = draw(st.booleans()) and command != of.OFPFC_ADD
    deletes = command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
    return m.FlowMod(
        XID,
        cookie=draw(_u64),
        cookie_mask=draw(st.sampled_from((0, 0, 0, 1, 0xFFFF_FFFF_FFFF_FFFF))),
        table_id=draw(_tables),
        command=command,
        idle_timeout=draw(st.sampled_from((0, 0, 0, 5))),
        hard_timeout=draw(st.sampled_from((0, 0, 0, 10))),
        priority=draw(st.sampled_from((0, 1, 2, 65535))),
        buffer_id=draw(st.sampled_from((*(of.OFP_NO_BUFFER,) * 9, 1))),
        out_port=draw(st.sampled_from((*(of.OFPP_ANY,) * 4, 1, 2, of.OFPP_CONTROLLER))),
        out_group=draw(st.sampled_from((*(of.OFPG_ANY,) * 9, 1, layout.group_id(1, 1)))),
        flags=draw(st.sampled_from((0, 0, 1, 1, 2, 4, 7))),
        match=Match() if wild else draw(_matches(kind)),
        instructions=() if deletes else draw(_instructions(kind)),
    )


_TAG_CHANGES: Mapping[str, tuple[tuple[a.Action, ...], ...]] = {
    "tagged": (
        (),
        (a.PopVlan(),),
        (a.PushVlan(0x8100), a.SetField(oxm("vlan_vid", 0x1000 | 200))),
        (a.SetField(oxm("vlan_vid", 0x1000 | 100)),),
    ),
    "untagged": ((), (a.PushVlan(0x8100), a.SetField(oxm("vlan_vid", 0x1000 | 100)))),
}
"""What may be done to a packet's tags once it is known whether there is one."""


@st.composite
def plain_flow_mods(draw: DrawFn) -> m.FlowMod:
    """Flow-mods as a working controller sends them: they catch much, and send it on."""
    kind = draw(st.just("any") | kinds)
    tags = draw(st.sampled_from(("unknown", "unknown", *_TAG_CHANGES)))
    fields: Fields = {**KINDS[kind]}
    changes: list[a.Action] = []
    if tags != "unknown":
        fields = {"vlan_vid": (0x1000, 0x1000) if tags == "tagged" else 0} | fields
        changes += draw(st.sampled_from(_TAG_CHANGES[tags]))
    if draw(st.integers(0, 3)) == 3:
        fields |= {"in_port": draw(st.sampled_from(PORTS))}
    names = st.sampled_from(("eth_dst", "eth_src", *_FOR_KIND[kind] * 2))
    for name in draw(st.lists(names, max_size=2)):
        changes.append(a.SetField(oxm(name, draw(st.sampled_from(_SETTABLE[name])))))
    written = [each for each in changes if not isinstance(each, a.PushVlan)]
    if len(written) < len(changes):
        written = []
    outputs: list[a.Action] = draw(st.lists(_good_output, min_size=1, max_size=3))
    instructions: list[i.Instruction] = [i.ApplyActions((*changes, *outputs))]
    if draw(st.booleans()):
        instructions.append(i.WriteActions((*written, draw(_good_output))))
    if draw(st.booleans()):
        instructions.append(i.GotoTable(1))
    return m.FlowMod(
        XID,
        cookie=draw(_u64),
        table_id=draw(st.sampled_from((0, 0, 1)) if len(instructions) < 3 else st.just(0)),
        priority=draw(st.sampled_from((0, 1, 2))),
        match=Match.of(**fields),
        instructions=tuple(instructions),
    )


@st.composite
def packet_outs(draw: DrawFn) -> m.PacketOut:
    """Packet-outs, most of them with packets that could be somebody's."""
    data = draw(packets().map(frames.write) | packets().map(frames.write) | st.binary(max_size=60))
    return m.PacketOut(
        XID,
        buffer_id=draw(st.sampled_from((*(of.OFP_NO_BUFFER,) * 9, 1))),
        in_port=draw(
            st.sampled_from((of.OFPP_CONTROLLER,) * 3 + (*PORTS, 99, of.OFPP_LOCAL, of.OFPP_ANY))
        ),
        actions=draw(kinds.flatmap(actions)),
        data=data,
    )


@st.composite
def group_mods(draw: DrawFn) -> m.GroupMod:
    """Group-mods, some of them about groups that are not the tenant's."""
    group_type = draw(st.sampled_from((of.OFPGT_ALL, of.OFPGT_ALL, 1, 2, 3)))
    watched = st.sampled_from((*PORTS, of.OFPP_ANY)) if group_type == of.OFPGT_FF else None
    bucket = st.builds(
        Bucket,
        st.just(1 if group_type == of.OFPGT_SELECT else 0),
        watched or st.just(of.OFPP_ANY),
        st.just(of.OFPG_ANY),
        kinds.flatmap(actions),
    )
    least, most = (1, 1) if group_type == of.OFPGT_INDIRECT else (0, 3)
    return m.GroupMod(
        XID,
        draw(st.sampled_from((of.OFPGC_ADD,) * 3 + (of.OFPGC_MODIFY, of.OFPGC_DELETE))),
        group_type,
        draw(_GROUPS | _GROUPS | _GROUPS | _FLOODS | st.just(of.OFPG_ALL)),
        tuple(draw(st.lists(bucket, min_size=least, max_size=most))),
    )


_questions: SearchStrategy[Message] = st.one_of(
    st.builds(mp.FlowStatsRequest, st.just(XID), _tables, match=kinds.flatmap(_matches)),
    st.builds(
        mp.AggregateRequest,
        st.just(XID),
        _tables,
        st.sampled_from((of.OFPP_ANY, 1)),
        match=kinds.flatmap(_matches),
    ),
    st.builds(mp.PortStatsRequest, st.just(XID), st.sampled_from((*PORTS, of.OFPP_ANY))),
    st.builds(mp.TableStatsRequest, st.just(XID)),
    st.builds(m.SetConfig, st.just(XID), st.integers(0, 3), st.just(100)),
)
"""Other requests, that no one else may notice either."""


@st.composite
def garbage(draw: DrawFn) -> bytes:
    """A frame of sound length and any content."""
    body = draw(st.binary(max_size=80))
    version = draw(st.sampled_from((4, 4, 4, 4, 1, 5, 0)))
    length = (8 + len(body)).to_bytes(2, "big")
    return bytes((version, draw(st.integers(0, 40)))) + length + XID.to_bytes(4, "big") + body


@st.composite
def spoilt(draw: DrawFn) -> bytes:
    """A sound request with a few bytes changed behind its header."""
    frame = bytearray(V13.encode(draw(plain_flow_mods() | packet_outs() | group_mods())))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(8, len(frame) - 1))
        frame[place] = draw(st.sampled_from((0, 1, 8, 0x80, 0xFF)))
    return bytes(frame)


_requests: SearchStrategy[Message | bytes] = st.one_of(
    plain_flow_mods(),
    flow_mods(),
    flow_mods(),
    group_mods(),
    packet_outs(),
    _questions,
    garbage(),
    spoilt(),
)


@st.composite
def flows(draw: DrawFn) -> Shown[bytes]:
    """A flow-mod that does something, as a frame."""
    asked = draw(plain_flow_mods())
    return Shown(V13.encode(asked), text(asked))


@st.composite
def requests(draw: DrawFn) -> Shown[bytes]:
    """Whatever a tenant may send, as a frame."""
    asked = draw(_requests)
    if isinstance(asked, bytes):
        return Shown(asked, frame_text(asked))
    return Shown(V13.encode(asked), text(asked))

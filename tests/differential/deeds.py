"""What flows, groups and packet-outs do: actions, instructions and buckets, good and bad.

Strategies only, over the small world of `packets.py`. Invariant: a good list of actions is one
that Open vSwitch takes after any match but for the prerequisites of its set-fields.
"""

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import instructions as i
from slicer.openflow.groups import Bucket
from slicer.openflow.oxm import header_of, oxm
from tests.differential import packets as p
from tests.differential.matches import SHAPES, Shape

Actions = tuple[a.Action, ...]

_OUTPUTS: Final[Actions] = (
    *(a.Output(port) for port in (1, 2, 3, 1, 2, 3)),
    a.Output(2, 77),
    a.Output(of.OFPP_LOCAL),
    a.Output(of.OFPP_IN_PORT),
    a.Output(of.OFPP_FLOOD),
    a.Output(of.OFPP_ALL),
    a.Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER),
    a.Output(of.OFPP_CONTROLLER, 20),
    a.Output(of.OFPP_CONTROLLER),
    a.Output(4),
)
_SET: Final[dict[str, tuple[int, ...]]] = {
    "eth_src": p.MACS[:2],
    "eth_dst": p.MACS,
    "vlan_vid": tuple(of.OFPVID_PRESENT | vlan for vlan in p.VLANS),
    "vlan_pcp": (0, 3),
    "metadata": (0, 1, 0xFF),
    "tunnel_id": (7,),
    "ip_dscp": (0, 46),
    "ip_ecn": (0, 1),
    "ipv4_src": p.IPV4,
    "ipv4_dst": p.IPV4,
    "ipv6_src": p.IPV6,
    "ipv6_dst": p.IPV6,
    "ipv6_flabel": (0x54321,),
    "tcp_src": p.PORTS,
    "tcp_dst": p.PORTS,
    "udp_src": p.PORTS,
    "udp_dst": p.PORTS,
    "sctp_src": p.PORTS,
    "arp_op": (1, 2),
    "arp_spa": p.IPV4,
    "arp_tpa": p.IPV4,
    "arp_sha": p.MACS[:2],
    "arp_tha": p.MACS[:2],
    "icmpv4_type": (0, 8),
    "icmpv4_code": (0, 1),
    "ipv6_nd_target": p.IPV6,
    "ipv6_nd_sll": p.MACS[:2],
    "ipv6_nd_tll": p.MACS[:2],
    "mpls_label": (16, 17),
    "mpls_tc": (0, 5),
}


def _sets(*names: str) -> tuple[a.SetField, ...]:
    return tuple(a.SetField(oxm(name, value)) for name in names for value in _SET.get(name, ()))


TO_TABLE: Final = a.Output(of.OFPP_TABLE)
"""What a packet-out may ask for and a flow may not."""
_GROUPS: Final = tuple(a.Group(group) for group in (1, 1, 2, 3, of.OFPG_MAX))
_LINK: Final[Actions] = (
    a.SetQueue(0),
    a.SetQueue(7),
    a.SetQueue(0xFFFF_FFFF),
    *_sets("eth_src", "eth_dst", "metadata", "tunnel_id"),
    a.PushVlan(0x8100),
    a.PushVlan(0x88A8),
    a.PushMpls(0x8847),
    a.PushMpls(0x8848),
    a.CopyTtlIn(),
    a.CopyTtlOut(),
)
_VLAN: Final[Actions] = (a.PopVlan(), a.PopVlan())
_IP: Final[Actions] = (a.SetNwTtl(9), a.SetNwTtl(0), a.DecNwTtl(), a.DecNwTtl())
_MPLS: Final[Actions] = (a.SetMplsTtl(9), a.DecMplsTtl(), a.PopMpls(0x0800), a.PopMpls(0x8847))
_EVERYTHING: Final = (*_sets(*_SET), *_LINK, *_VLAN, *_IP, *_MPLS)
_FITTING: Final[dict[int, Actions]] = {
    0x0800: _IP,
    0x86DD: _IP,
    0x8847: _MPLS,
}
"""What fits packets of an Ethernet type, beside setting their fields."""


def _fitting(shape: Shape) -> SearchStrategy[Actions]:
    """Rewrites of packets of a shape, most of which a switch takes, and where they go."""
    eth_type = shape.needed.get("eth_type", 0)
    own = _VLAN if "vlan_vid" in shape.needed else _FITTING.get(eth_type, ())
    rewrites = (*own, *own, *_sets(*shape.settable), *_LINK)
    one = st.sampled_from(rewrites * 2 + _OUTPUTS)
    return st.tuples(
        st.lists(one, max_size=2), st.one_of(*[st.sampled_from(_OUTPUTS)] * 3, _groups)
    ).map(lambda parts: (*parts[0], parts[1]))


_groups: Final = st.sampled_from(_GROUPS)
_BAD: Final = (
    a.Output(0),
    a.Output(0xFEFF),
    a.Output(0xFF00),
    TO_TABLE,
    a.Output(of.OFPP_NORMAL),
    a.Output(of.OFPP_ANY),
    a.Output(0xFFFF_FF01),
    a.Group(9),
    a.Group(of.OFPG_ALL),
    a.Group(of.OFPG_ANY),
    a.PushVlan(0x9100),
    a.PushMpls(0x0800),
    a.PopMpls(0x8100),
    a.PushPbb(0x88E7),
    a.PopPbb(),
    a.SetField(oxm("in_port", 1)),
    a.SetField(oxm("eth_type", 0x0800)),
    a.SetField(oxm("ip_proto", 6)),
    a.SetField(oxm("mpls_bos", 1)),
    a.SetField(oxm("ipv6_exthdr", 1)),
    a.SetField(oxm("icmpv6_type", 136)),
    a.SetField(oxm("icmpv6_code", 1)),
    a.SetField(oxm("reg3", 7)),
    a.SetField(oxm("vlan_vid", 5)),
    a.SetField(oxm("eth_src", 1, 1)),
    a.SetField((header_of("ip_dscp"), b"\x40")),
    a.SetField((header_of("eth_src") - 1, bytes(5))),
    a.SetField((0x8000_FE04, bytes(4))),
    a.RegLoad(header_of("reg0"), 0, 32, 2),
    a.Resubmit(of.OFPP_IN_PORT, 252),
    a.Note(b"a note"),
    a.Controller(64, 0, of.OFPR_ACTION),
    a.ExperimenterAction(0x1234, bytes(8)),
)
"""What no switch takes, or what a sliver does not."""

outputs: Final[SearchStrategy[Actions]] = st.lists(
    st.sampled_from(_OUTPUTS), min_size=1, max_size=2
).map(tuple)
_many: Final[SearchStrategy[Actions]] = st.lists(
    st.sampled_from(_OUTPUTS * 4 + _EVERYTHING + _GROUPS), max_size=4
).map(tuple)
_link: Final[SearchStrategy[Actions]] = st.lists(
    st.sampled_from(_OUTPUTS * 2 + _LINK + _GROUPS), max_size=4
).map(tuple)
actions: Final = st.one_of(outputs, _link, _many)
"""On any packet: what doesn't fit it a switch may refuse."""
bad_actions: Final[SearchStrategy[Actions]] = st.tuples(
    st.lists(st.sampled_from(_OUTPUTS), max_size=1), st.sampled_from(_BAD)
).map(lambda parts: (*parts[0], parts[1]))
"""Outputs and one action that is wrong."""

_metadata: Final = st.sampled_from(
    (
        i.WriteMetadata(1, 0xFFFF_FFFF_FFFF_FFFF),
        i.WriteMetadata(0xFFFF_FFFF_0000_0001, 0xFFFF_FFFF_FFFF_FFFF),
        i.WriteMetadata(0x80, 0xFF),
        i.WriteMetadata(1, 0),
        i.WriteMetadata(0x100, 0xFF),
    )
)
_goto: Final = st.sampled_from([i.GotoTable(table) for table in (1, 1, 1, 1, 2, 3, 250)])
_bad_instructions: Final[tuple[i.Instruction, ...]] = (
    i.GotoTable(0),
    *(i.GotoTable(table) for table in (251, 252, 253, 254, 255)),
    *(i.MeterInstruction(each) for each in (9, 0, of.OFPM_MAX + 1, of.OFPM_CONTROLLER)),
    i.ExperimenterInstruction(0x1234, bytes(8)),
)


def _instructions(actions: SearchStrategy[Actions]) -> SearchStrategy[tuple[i.Instruction, ...]]:
    apply, write = actions.map(i.ApplyActions), actions.map(i.WriteActions)
    clear = st.just(i.ClearActions())
    meter = st.sampled_from([i.MeterInstruction(each) for each in (1, 1, 2)])
    return st.one_of(
        st.tuples(meter, apply),
        st.tuples(write, meter, _goto),
        *[st.tuples(apply)] * 5,
        *[st.tuples(apply, _goto)] * 2,
        *[st.tuples(write)] * 2,
        st.tuples(write, _goto),
        st.tuples(apply, write, _metadata, _goto),
        st.tuples(_goto, _metadata, apply),
        st.tuples(clear, write, _goto),
        st.tuples(_metadata, _goto),
        st.tuples(_goto),
        st.just(()),
    )


fitting: Final = {
    id(shape): _instructions(st.one_of(outputs, *[_fitting(shape)] * 3)) for shape in SHAPES
}
sound_instructions: Final = _instructions(outputs)
bad_instructions: Final = st.one_of(
    st.sampled_from(_bad_instructions).map(lambda each: (each,)),
    st.tuples(outputs.map(i.ApplyActions), st.sampled_from(_bad_instructions)),
    st.just((i.ClearActions(), i.ClearActions())),
    st.tuples(bad_actions.map(i.ApplyActions)),
    st.tuples(bad_actions.map(i.WriteActions)),
)
"""Instructions with one fault."""

_watch_ports: Final = st.sampled_from((1, 2, of.OFPP_LOCAL))
_watch_groups: Final = st.sampled_from((of.OFPG_ANY, of.OFPG_ANY, 1, 2, 9))


def _buckets(
    weights: SearchStrategy[int],
    ports: SearchStrategy[int],
    groups: SearchStrategy[int],
    actions: SearchStrategy[Actions],
    most: int,
) -> SearchStrategy[tuple[Bucket, ...]]:
    one = st.builds(Bucket, weights, ports, groups, actions)
    return st.lists(one, min_size=most == 1, max_size=most).map(tuple)


Buckets = SearchStrategy[tuple[Bucket, ...]]
_none, _any_port, _any_group = st.just(0), st.just(of.OFPP_ANY), st.just(of.OFPG_ANY)


def _of_each_type(actions: SearchStrategy[Actions]) -> dict[int, Buckets]:
    return {
        of.OFPGT_ALL: _buckets(_none, _any_port, _any_group, actions, 3),
        of.OFPGT_SELECT: _buckets(st.sampled_from((1, 2)), _any_port, _any_group, actions, 3),
        of.OFPGT_INDIRECT: _buckets(_none, _any_port, _any_group, actions, 1),
        of.OFPGT_FF: _buckets(_none, _watch_ports, _watch_groups, actions, 3),
    }


buckets: Final = _of_each_type(actions)
sound_buckets: Final = _of_each_type(outputs)
bad_buckets: Final[Buckets] = st.one_of(
    _buckets(_none, _any_port, _any_group, bad_actions, 1),
    _buckets(st.just(5), _any_port, _any_group, outputs, 1),
    _buckets(_none, st.sampled_from((4, 0, 0xFF00)), _any_group, outputs, 1),
    _buckets(_none, _any_port, _any_group, outputs, 1).map(lambda one: one * 2),
    st.just(()),
)
"""Buckets with one fault, for some type of group."""

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

Actions = tuple[a.Action, ...]

GROUPS: Final = (1, 2, 3, of.OFPG_MAX)
_OUTPUTS: Final = (
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
_SETS: Final = tuple(
    a.SetField(oxm(name, value)) for name, values in _SET.items() for value in values
)
TO_TABLE: Final = a.Output(of.OFPP_TABLE)
"""What a packet-out may ask for and a flow may not."""
_OTHERS: Final = (
    a.PushVlan(0x8100),
    a.PushVlan(0x88A8),
    a.PopVlan(),
    a.PushMpls(0x8847),
    a.PushMpls(0x8848),
    a.PopMpls(0x0800),
    a.PopMpls(0x8847),
    a.SetMplsTtl(9),
    a.DecMplsTtl(),
    a.SetNwTtl(9),
    a.SetNwTtl(0),
    a.DecNwTtl(),
    a.CopyTtlIn(),
    a.CopyTtlOut(),
    *(a.Group(group) for group in GROUPS),
)
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
    a.SetQueue(0),
    a.SetQueue(7),
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

_one: Final = st.sampled_from(_OUTPUTS + _OUTPUTS + _OUTPUTS + _SETS + _OTHERS + _OTHERS)
good_actions: Final[SearchStrategy[Actions]] = st.lists(_one, max_size=4).map(tuple)
outputs: Final[SearchStrategy[Actions]] = st.lists(
    st.sampled_from(_OUTPUTS), min_size=1, max_size=2
).map(tuple)
bad_actions: Final[SearchStrategy[Actions]] = st.lists(
    st.sampled_from(_BAD) | _one, min_size=1, max_size=4
).map(tuple)
any_actions: Final = st.one_of(*[outputs] * 4, *[good_actions] * 5, bad_actions)

_metadata: Final = st.sampled_from(
    (
        i.WriteMetadata(1, 0xFFFF_FFFF_FFFF_FFFF),
        i.WriteMetadata(0xFFFF_FFFF_0000_0001, 0xFFFF_FFFF_FFFF_FFFF),
        i.WriteMetadata(0x80, 0xFF),
        i.WriteMetadata(1, 0),
        i.WriteMetadata(0x100, 0xFF),
    )
)
_goto: Final = st.sampled_from([i.GotoTable(table) for table in (1, 2, 3, 1, 2, 3, 250)])
_bad_instructions: Final[tuple[i.Instruction, ...]] = (
    i.GotoTable(0),
    *(i.GotoTable(table) for table in (251, 252, 253, 254, 255)),
    i.MeterInstruction(1),
    i.ExperimenterInstruction(0x1234, bytes(8)),
    i.ClearActions(),
)


def _instructions(actions: SearchStrategy[Actions]) -> SearchStrategy[tuple[i.Instruction, ...]]:
    apply, write = actions.map(i.ApplyActions), actions.map(i.WriteActions)
    clear = st.just(i.ClearActions())
    return st.one_of(
        st.tuples(apply),
        st.tuples(apply),
        st.tuples(apply, _goto),
        st.tuples(write),
        st.tuples(write, _goto),
        st.tuples(apply, write, _metadata, _goto),
        st.tuples(clear, write, _goto),
        st.tuples(_metadata, _goto),
        st.tuples(_goto),
        st.just(()),
    )


good_instructions: Final = _instructions(any_actions)
bad_instructions: Final = st.lists(
    st.sampled_from(_bad_instructions)
    | bad_actions.map(i.ApplyActions)
    | bad_actions.map(i.WriteActions),
    min_size=1,
    max_size=3,
).map(tuple)

_watch_ports: Final = st.sampled_from((of.OFPP_ANY, of.OFPP_ANY, 1, 2, of.OFPP_LOCAL, 4, 0))
_watch_groups: Final = st.sampled_from((of.OFPG_ANY, of.OFPG_ANY, of.OFPG_ANY, 1, 2, 9))
_weights: Final = st.sampled_from((0, 1, 1, 3, 0xFFFF))


def _buckets(
    weights: SearchStrategy[int],
    ports: SearchStrategy[int],
    groups: SearchStrategy[int],
    most: int,
) -> SearchStrategy[tuple[Bucket, ...]]:
    one = st.builds(Bucket, weights, ports, groups, any_actions)
    return st.lists(one, max_size=most).map(tuple)


_none, _any_port, _any_group = st.just(0), st.just(of.OFPP_ANY), st.just(of.OFPG_ANY)
buckets: Final[dict[int, SearchStrategy[tuple[Bucket, ...]]]] = {
    of.OFPGT_ALL: _buckets(_none, _any_port, _any_group, 3),
    of.OFPGT_SELECT: _buckets(st.sampled_from((1, 2)), _any_port, _any_group, 3),
    of.OFPGT_INDIRECT: _buckets(_none, _any_port, _any_group, 1),
    of.OFPGT_FF: _buckets(_none, _watch_ports, _watch_groups, 3),
}
any_buckets: Final = _buckets(_weights, _watch_ports, _watch_groups, 3)

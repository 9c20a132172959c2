"""The slicer's own flows and groups on one datapath, made from the flowspace.

`build` is a pure function of the policy's part for the datapath, the tags and the ports: it says
what should be there, `synchronise.py` makes it so. One flow a rule in admit and one in owner (one
for each port where a rule names ports), and for each slice and port a few in emit: the number of
tenants' flows plays no part.

Invariant: a packet reaches an output only by a flow that matches both on the slice that asked and
on the slice that owns (port, header), and both are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.fragments import FragmentHazard
from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import (
    Action,
    Group,
    Output,
    PopQueue,
    RegLoad,
    SetQueue,
)
from slicer.openflow.messages import FlowMod, GroupMod, MeterMod
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.operation import A_TURN, OTHERS_TURN, Steps
from slicer.proxy.pipeline import layout, misses, rewrites, spread, to_controller
from slicer.proxy.pipeline.holds import FREE, NO_METERS, Hold, Meters
from slicer.proxy.pipeline.layout import Stage
from slicer.proxy.pipeline.stage_flow import (
    ASK_OWNER,
    TO_EMIT,
    TO_EMIT_APART,
    TO_TENANT,
    stage_flow,
)
from slicer.proxy.pipeline.tags import note_of

TAG = header_of(layout.TAG)
_ALL: Mapping[str, int] = {}
_STP: Mapping[str, int] = {"eth_dst": 0x0180_C200_0000}
"""IEEE 802.1D's bridge group address."""
OWNER = header_of(layout.OWNER)
LATER_FRAGMENT = (0x2, 0x2)
NOT_LATER_FRAGMENT = (0x0, 0x2)
"""ip_frag's second bit says that a packet is a fragment but not the first (ovs-fields(7)). Such a
fragment shows ports of 0, so a rule that names ports must say that it does not mean it."""
UNREAD = (
    Match.of(eth_type=0x8100, vlan_vid=of.OFPVID_NONE),
    Match.of(eth_type=0x88A8, vlan_vid=of.OFPVID_NONE),
    Match.of(**{layout.UNREAD: (1, 1)}),
)
"""Packets of which owner can't be asked, as the next switch reads more of them, or less. Of two
tags Open vSwitch reads one; once that is popped the other is in front, unread, and has become the
Ethernet type of a packet without a tag. A packet like that doesn't come in."""

Fields = dict[str, int | tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FlowKey:
    """What makes a flow the same flow to a switch (OpenFlow 1.3.5 6.4)."""

    table_id: int
    priority: int
    match: Match


@dataclass(frozen=True, slots=True)
class Stages:
    """What should be on the datapath."""

    flows: Mapping[FlowKey, FlowMod]
    groups: Mapping[int, GroupMod]
    meters: Mapping[int, MeterMod] = field(default_factory=lambda: MappingProxyType({}))


def key_of(table_id: int, priority: int, match: Match) -> FlowKey:
    """The key under which two ways of writing a match are one."""
    return FlowKey(table_id, priority, match.canonical())


Flows = Mapping[FlowKey, FlowMod]


PortConfigs = Mapping[int, int]
"""32-bit OpenFlow port number -> what its slice has configured of it, OFPPC_* bits."""


def build(
    space: FlowSpace,
    tags: Mapping[str, int],
    ports: Mapping[str, PortConfigs],
    others: Iterable[FlowMod] = (),
    meters: Meters = NO_METERS,
    made: Flows | None = None,
) -> Stages:
    """All flows and groups of the slicer's own.

    `tags` and `ports` are by slice; the ports are those that the datapath has. `others` are
    flows that are made elsewhere. `meters` hold slices to their shares. `made` are the flows that
    `of_rules` has made with these, if it has.
    """
    flows = _by_key(_of_everybody(ports, meters))
    if made is None:
        made = _by_key(_of_rules(space, tags, apart=bool(meters.of_port)))
    flows |= made
    flows |= _by_key((*_of_slices(tags, ports, meters), *others))
    groups = {
        group.group_id: group
        for name, tag in tags.items()
        for group in spread.groups(name, tag, ports[name])
    }
    return Stages(flows, groups, meters.mods)


def of_rules(space: FlowSpace, tags: Mapping[str, int], *, apart: bool) -> Steps[Flows]:
    """The flows that are made of the flowspace's rules, one or two each: most of all, by far.
    `apart` says that some slice has a meter at some port."""
    flows: dict[FlowKey, FlowMod] = {}
    for number, flow in enumerate(_of_rules(space, tags, apart=apart), 1):
        flows[key_of(flow.table_id, flow.priority, flow.match)] = flow
        if number % A_TURN == 0:
            yield OTHERS_TURN
    return flows


def _by_key(flows: Iterable[FlowMod]) -> dict[FlowKey, FlowMod]:
    return {key_of(flow.table_id, flow.priority, flow.match): flow for flow in flows}


def _of_everybody(ports: Mapping[str, PortConfigs], meters: Meters) -> Iterator[FlowMod]:
    yield stage_flow(Stage.UNOWNED, layout.ADMIT_TABLE, layout.MISS_PRIORITY)
    yield stage_flow(
        Stage.NOT_OWNED, layout.OWNER_TABLE, layout.MISS_PRIORITY, actions=_owned_by(0)
    )
    for unread in UNREAD:
        yield _unread(unread)
    numbers = sorted({number for configs in ports.values() for number in configs})
    yield from to_controller.discoveries(numbers, metered=meters.of_packet_ins)
    yield from misses.flows()
    yield from rewrites.flows()


def _of_rules(space: FlowSpace, tags: Mapping[str, int], *, apart: bool) -> Iterator[FlowMod]:
    for rule in space.rules:
        tag = tags[rule.slice]
        for port in _ports_or_any(rule.ports):
            yield _admit(rule, tag, port)
            yield _owner(rule, tag, port, apart=apart)
    for hazard in space.fragment_hazards():
        for port in _ports_or_any(hazard.ports):
            yield _fragment(hazard, _coming_in_by(port), layout.ADMIT_TABLE, ())
            yield _fragment(hazard, _going_out_by(port), layout.OWNER_TABLE, _owned_by(0))


def _of_slices(
    tags: Mapping[str, int], ports: Mapping[str, PortConfigs], meters: Meters
) -> Iterator[FlowMod]:
    for name, tag in tags.items():
        yield _stray(tag)
        yield _later(tag)
        if meters.of_packet_ins:
            yield to_controller.packet_in(tag)
        for port in spread.PORTS:
            yield _spread(tag, port)
        for number, config in ports[name].items():
            yield from port_flows(tag, number, config, meters.hold(tag, number))


def _ports_or_any(ports: frozenset[int] | None) -> list[int | None]:
    return [None] if ports is None else [*sorted(ports)]


def _header(region: Region) -> Fields:
    """The region's header fields as OXM fields; `port` is for the caller to place."""
    return {
        name: value if mask == FIELDS[name].ones else (value, mask)
        for name, (value, mask) in region.fields.items()
        if name != "port"
    }


def _packets(rule: Rule) -> Fields:
    """What a rule asks of a packet's header."""
    header = _header(rule.match)
    return header | {"ip_frag": NOT_LATER_FRAGMENT} if rule.match.reads_transport else header


def _coming_in_by(port: int | None) -> Fields:
    return {} if port is None else {"in_port": port}


def _going_out_by(port: int | None) -> Fields:
    if port is None:
        return {}
    return {layout.REQUEST: (port & layout.PORT_MASK, layout.PORT_MASK)}


def _owned_by(tag: int, *, apart: bool = False) -> tuple[Action, ...]:
    return (RegLoad(OWNER, 0, 32, tag), TO_EMIT_APART if apart else TO_EMIT)


def _admit(rule: Rule, tag: int, port: int | None) -> FlowMod:
    return stage_flow(
        Stage.ADMIT,
        layout.ADMIT_TABLE,
        rule.priority,
        match=Match.of(**_coming_in_by(port), **_packets(rule)),
        tag=tag,
        actions=(
            RegLoad(TAG, 0, 32, tag),
            *_owned_by(tag),
            note_of(rule.slice),
            TO_TENANT,
            *misses.after_tables(tag),
        ),
    )


def _owner(rule: Rule, tag: int, port: int | None, *, apart: bool) -> FlowMod:
    return stage_flow(
        Stage.OWNER,
        layout.OWNER_TABLE,
        rule.priority,
        match=Match.of(**_going_out_by(port), **_packets(rule)),
        tag=tag,
        actions=_owned_by(tag, apart=apart),
    )


def _fragment(
    hazard: FragmentHazard, at: Fields, table: int, actions: tuple[Action, ...]
) -> FlowMod:
    header = _header(hazard.match)
    return stage_flow(
        Stage.FRAGMENT,
        table,
        hazard.priority,
        match=Match.of(**at, **header, ip_frag=LATER_FRAGMENT),
        actions=actions,
    )


def port_flows(tag: int, port: int, config: int, held: Hold = FREE) -> Iterator[FlowMod]:
    """The flows in emit for one of a slice's ports."""
    yield from _received(tag, port, config)
    yield _emit(tag, port, config, held)
    yield _hairpin(tag, port)


def _received(tag: int, port: int, config: int) -> Iterator[FlowMod]:
    """Admit passes each packet by here, before any output was asked for. Where the slice wants
    none from the port, the packet loses its tag, and with it every tenant flow; it is no miss."""
    yield _arrival(tag, port, config, of.OFPPC_NO_RECV)
    if tells_stp_apart(config):
        yield received_stp(tag, port, config)


def tells_stp_apart(config: int) -> bool:
    """Do spanning trees' packets come in where others don't, or the other way round? To OpenFlow
    1.0 NO_RECV is not about them (5.2.1), nor is it in Open vSwitch in any version."""
    others, trees = config & of.OFPPC_NO_RECV, config & of.OFPPC_NO_RECV_STP
    return not config & of.OFPPC_PORT_DOWN and bool(others) != bool(trees)


def received_stp(tag: int, port: int, config: int) -> FlowMod:
    """The flow for spanning trees' packets, needed only where they are told apart: matching an
    address here makes the switch look at it in every packet."""
    return _arrival(tag, port, config, of.OFPPC_NO_RECV_STP, layout.STP_PRIORITY, _STP)


def _arrival(
    tag: int,
    port: int,
    config: int,
    shutting: int,
    priority: int = layout.EMIT_PRIORITY,
    only: Mapping[str, int] = _ALL,
) -> FlowMod:
    shut = config & (of.OFPPC_PORT_DOWN | shutting)
    return stage_flow(
        Stage.RECEIVED,
        layout.EMIT_TABLE,
        priority,
        match=Match.of(in_port=port, **only, **{layout.OWNER: tag, layout.REQUEST: 0}),
        tag=tag,
        port=port,
        config=config,
        actions=(RegLoad(TAG, 0, 32, 0), misses.mark(tag)) if shut else (),
    )


def _emit(tag: int, port: int, config: int, held: Hold) -> FlowMod:
    """The queue is taken back from the packet, which may go on to a port with others' queues."""
    shut = config & (of.OFPPC_PORT_DOWN | of.OFPPC_NO_FWD)
    outputs: tuple[Action, ...] = (Output(port),)
    if held.queue is not None:
        outputs = (SetQueue(held.queue), *outputs, PopQueue())
    return stage_flow(
        Stage.EMIT,
        layout.EMIT_TABLE,
        layout.EMIT_PRIORITY,
        match=Match.of(**{layout.OWNER: tag, layout.REQUEST: layout.request(tag, port)}),
        tag=tag,
        port=port,
        config=config,
        actions=() if shut else outputs,
        meter=None if shut else held.meter,
    )


def _hairpin(tag: int, port: int) -> FlowMod:
    return stage_flow(
        Stage.HAIRPIN,
        layout.EMIT_TABLE,
        layout.HAIRPIN_PRIORITY,
        match=Match.of(
            in_port=port, **{layout.OWNER: tag, layout.REQUEST: layout.request(tag, port)}
        ),
        tag=tag,
        port=port,
    )


def _unread(match: Match) -> FlowMod:
    return stage_flow(
        Stage.UNREAD,
        layout.OWNER_TABLE,
        layout.UNREAD_PRIORITY,
        match=match,
        actions=_owned_by(0),
    )


def _stray(tag: int) -> FlowMod:
    return stage_flow(
        Stage.STRAY,
        layout.EMIT_TABLE,
        layout.STRAY_PRIORITY,
        match=Match.of(**{layout.REQUEST: (layout.request(tag, 0), 0xFFFF_0000)}),
        tag=tag,
    )


def _later(tag: int) -> FlowMod:
    return stage_flow(
        Stage.LATER,
        layout.ADMIT_TABLE,
        layout.LATER_PRIORITY,
        match=Match.of(**{layout.REQUEST: (layout.request(tag, 0), 0xFFFF_0000)}),
        tag=tag,
        actions=(ASK_OWNER,),
    )


def _spread(tag: int, port: int) -> FlowMod:
    return stage_flow(
        Stage.SPREAD,
        layout.OWNER_TABLE,
        layout.REQUEST_PRIORITY,
        match=Match.of(**{layout.REQUEST: layout.request(tag, port)}),
        tag=tag,
        port=port,
        actions=(Group(layout.group_id(tag, port)),),
    )

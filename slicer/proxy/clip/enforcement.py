"""Clip: the enforcement on a datapath that speaks only OpenFlow 1.0.

It puts the parts of this package behind the interface that the handlers use. Not here: any cutting
or judging. Invariant: what is done for a sliver is done under its own slice's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements
from slicer.isolation.limits import Limits
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.messages import (
    FeaturesReply,
    FlowMod,
    FlowRemoved,
    GroupMod,
    Message,
    MeterMod,
    PacketOut,
    PortMod,
    SetConfig,
)
from slicer.openflow.multipart import (
    AggregateRequest,
    DescReply,
    FlowStats,
    FlowStatsRequest,
    GroupStatsRequest,
    MeterConfigRequest,
    MeterStatsRequest,
    PortStatsRequest,
)
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.proxy import discovery
from slicer.proxy.clip import changes, cookies, counted, guards, sending, synchronise
from slicer.proxy.clip.arriving import Arrivals
from slicer.proxy.clip.cookies import Cookie
from slicer.proxy.clip.cutting import Outlets
from slicer.proxy.clip.hot import Hot
from slicer.proxy.clip.layers import Layers, Place
from slicer.proxy.clip.mirror import emptying
from slicer.proxy.clip.packet_ins import PacketIns
from slicer.proxy.clip.recutting import Recutting
from slicer.proxy.clip.remembered import FlowMods, PacketsOut
from slicer.proxy.clip.synchronise import Wanted
from slicer.proxy.clip.tenancy import NO_OUTLETS, Bounds, Tenancy, assigned
from slicer.proxy.clip.violations import Violations
from slicer.proxy.clip.wording import Vocabulary
from slicer.proxy.dropped import Dropped
from slicer.proxy.enforcement import NO_QUEUES, Part, Plan, Queues, Report, Undoable, Unsuitable
from slicer.proxy.memory import Account
from slicer.proxy.notice import Notice
from slicer.proxy.operation import A_TURN, OTHERS_TURN, Declined, Steps, send_in_turns
from slicer.proxy.pace import Pace
from slicer.proxy.port_configs import PortConfigs
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver

GUARD_MATCHES = 1024
"""A rule that takes more matches of OpenFlow 1.0 has no guard."""
GUARD = 4
"""The work of making a guard (`Pace`)."""
PORT_CONFIG_BITS = of.OFPPC_NO_STP | of.OFPPC_NO_FLOOD | of.OFPPC_NO_FWD | of.OFPPC_NO_PACKET_IN
"""What a slice can configure of a port (NO_STP has no effect, as the slicer's datapaths make no
spanning tree); the rest would hold for every slice's packets."""
_REFUSED_CONFIG_BITS = of.OFPPC_PORT_DOWN | of.OFPPC_NO_RECV | of.OFPPC_NO_RECV_STP


class Clip:
    """The enforcement of one connection of a datapath's."""

    def __init__(
        self, secret: bytes, bounds_of: Callable[[str], Bounds], memory: Account | None = None
    ) -> None:
        """`bounds_of(slice)` are what a sliver of it may have; `memory` is the datapath's, by
        itself one of its own."""
        memory = Account() if memory is None else memory
        self._secret = secret
        self._tenancy = Tenancy(bounds_of)
        self._space = FlowSpace(())
        self._vocabulary = Vocabulary()
        self._wanted = Wanted({}, of.OFPC_FRAG_NORMAL)
        self._ports: dict[str, frozenset[int]] = {}
        self._port_configs = PortConfigs(PORT_CONFIG_BITS)
        self._leaving: frozenset[int] = frozenset()
        """The pieces that were on their way out when the datapath was last read back."""
        self._recutting = Recutting(self._tenancy)
        self._is_behind: frozenset[str] = frozenset()
        """The slices whose flows are to be cut anew after the next synchronisation."""
        self._is_new = True
        self._packet_ins = PacketIns()
        self._arrivals = Arrivals(secret, self._tenancy, self._port_configs, self._packet_ins)
        self._packets_out = PacketsOut(self._space, self.packet_out, memory)
        self._flow_mods = FlowMods(self._tenancy, memory)
        self.swift = Hot(self._flow_mods, self._packets_out, self._arrivals)
        """The swift way of its hot messages."""
        self._unkept: list[int] = []
        self._violations = Violations()

    @property
    def tags(self) -> Mapping[str, int]:
        """The slices' tags, as of the last synchronisation."""
        return self._tenancy.tags

    def check(self, features: FeaturesReply, desc: DescReply) -> None:
        """Any datapath of OpenFlow 1.0 will do; what it can match is noted."""
        is_open_vswitch = "Open vSwitch" in desc.hw_desc
        self._vocabulary = Vocabulary(is_open_vswitch, features.matches_arp_ip)

    takes_queues = False
    sends_port_configs = False

    def entitle(self, entitlements: Entitlements, queues: Queues = NO_QUEUES) -> None:
        """Packet-ins are counted here; the datapath has no meters to hold slices to rates."""
        self._packet_ins.limits = entitlements.packet_ins
        self._arrivals.forget()
        self._unkept = sorted(number for number, port in entitlements.ports.items() if port.limited)

    def sharing_interval(self) -> float | None:
        """Packet-ins are counted by the second."""
        return 1.0 if self._packet_ins.limits else None

    def share(self) -> Steps[int]:
        """Another second has begun."""
        self._packet_ins.begin()
        yield from ()
        return 0

    def left_to_keep(self, limits: Limits) -> Limits:
        """All but how many flows there may be, which the mirror knows."""
        return replace(limits, flows=None)

    def count_flows(self, sliver: Sliver) -> Steps[int]:
        """How many flows the tenant has, as it wrote them."""
        yield from ()
        return len(self._tenancy.mirror.flows_of(sliver.slice))

    def changes_flow(self, sliver: Sliver, asked: FlowMod) -> Steps[bool]:
        """Is there a flow that a flow-mod would replace or change?"""
        yield from ()
        return changes.is_change(self._tenancy, sliver.slice, asked)

    # ---- what is there ----

    def synchronise(self, space: FlowSpace, ports: Callable[[str], Iterable[int]]) -> Steps[Report]:
        """Make the datapath hold the guards of this flowspace, and the tenants' pieces of it.
        Raises Unsuitable, also where slices are to be held to shares of a port."""
        if self._unkept:
            raise Unsuitable(
                f"slices share the bandwidth of its ports {self._unkept}, and OpenFlow 1.0 has "
                "nothing that could hold them to it"
            )
        self._ports = {name: frozenset(ports(name)) for name in space.slices}
        self._arrivals.take_ports(self._ports)
        if self._is_new:
            self._judge_by(space)
            yield from self._lay_out(space)
            report = yield from synchronise.begin(self._wanted, self._dropped)
            self._is_new = False
            return report
        if space.rules != self._space.rules:
            yield from self._lay_out_anew(space)
        self._is_behind |= self._take_outlets(self._outlets())
        changes.give_up(self._tenancy, self._leaving & self._tenancy.mirror.leaving)
        self._leaving = self._tenancy.mirror.leaving
        report = yield from synchronise.mend(self._tenancy, self._wanted, self._dropped)
        return replace(report, rest=self._catch_up()) if self._is_behind else report

    def _catch_up(self) -> Steps[Report]:
        """Cut the flows anew that a synchronisation has left to be."""
        names, self._is_behind = self._is_behind, frozenset()
        yield from self._recutting.until_done(names)
        return synchronise.with_losses(Report(0, 0, 0, 0, ()), self._tenancy)

    def _dropped(self, flows: Iterable[FlowStats]) -> Dropped:
        return self._violations.grown(flows, self._tenancy.mirror)

    def _judge_by(self, space: FlowSpace) -> None:
        """Whose packets are whose, and where they may leave, is as these rules say from now on."""
        self._space = space
        self._tenancy.tags = assigned(space, self._tenancy.tags)
        self._tenancy.outlets = self._outlets()
        # What comes until flows are there again has been sent by no flow.
        self._arrivals.take(space, space.slices)
        self._packets_out.take(space)
        self._flow_mods.forget()

    def _lay_out(self, space: FlowSpace) -> Steps[None]:
        """Find the layers and guards of the rules. Raises Unsuitable."""
        layers = yield from Layers.in_turns(space, self._vocabulary, GUARD_MATCHES)
        self._tenancy.lay_out(layers)
        found: dict[Place, FlowMod] = {}
        pace = Pace()
        for place, flow in guards.guards(layers, self._tenancy.tags):
            found[place] = flow
            if pace.is_turn_over(GUARD):
                yield OTHERS_TURN
        self._wanted = Wanted(found, guards.fragment_handling(space))
        self._arrivals.take(space, (name for name in layers.guards.values() if name is not None))

    def _lay_out_anew(self, space: FlowSpace) -> Steps[None]:
        """Other rules hold. Until the datapath has their guards it has none of the tenants' pieces,
        and nothing is cut."""
        before = self._wanted.guards
        self._recutting.is_held = True
        self._judge_by(space)
        yield OTHERS_TURN  # until it is clear which flows there are
        yield from synchronise.take_out(self._tenancy)
        yield from self._lay_out(space)
        after = self._wanted.guards
        adding = [flow for place, flow in after.items() if before.get(place) != flow]
        removing = [emptying(place) for place in before if place not in after]
        config = SetConfig(0, self._wanted.fragments, synchronise.WHOLE_PACKETS)
        yield from send_in_turns([config, *adding, *removing], A_TURN)
        self._recutting.is_held = False
        for name in self._ports:
            self._recutting.ask(name)
        self._is_behind |= self._ports.keys()

    def _take_outlets(self, outlets: Mapping[str, Outlets]) -> frozenset[str]:
        """These slices' packets may leave so from now on; returns those for which that is new,
        whose flows are to be cut anew."""
        known = self._tenancy.outlets
        changed = {name: each for name, each in outlets.items() if known.get(name) != each}
        self._tenancy.outlets = {**known, **changed}
        for name in changed:
            self._packets_out.forget(self.tags[name])
            self._flow_mods.forget(self.tags[name])
            self._recutting.ask(name)
        return frozenset(changed)

    def _outlets(self) -> dict[str, Outlets]:
        return {name: self._outlets_of(name) for name in self._ports}

    def _outlets_of(self, name: str) -> Outlets:
        tag = self.tags[name]
        configs = {port: self.port_config(tag, port) for port in self._ports[name]}
        ports = frozenset(port for port, config in configs.items() if not config & of.OFPPC_NO_FWD)
        flooded = (port for port in ports if not configs[port] & of.OFPPC_NO_FLOOD)
        return Outlets(ports, frozenset(flooded))

    def features(self, datapath: FeaturesReply) -> FeaturesReply:
        """The datapath's features, with one table and no buffers."""
        return replace(datapath, n_tables=1, n_buffers=0)

    def table_misses(self, sliver: Sliver, *, are_wanted: bool) -> Sequence[Message]:
        """The datapath sends them always, as OpenFlow 1.0 has it."""
        return ()

    # ---- what tenants ask for ----

    def flow_mod(self, sliver: Sliver, asked: FlowMod) -> Plan:
        """The pieces of it that are the slice's."""
        if self._recutting.is_held:
            plan: Plan = self._flow_mod_later(sliver, asked)
        else:
            plan = changes.flow_mod(self._tenancy, sliver, asked)
        self._flow_mods.carried_out(sliver, asked, plan)
        return plan

    def _flow_mod_later(self, sliver: Sliver, asked: FlowMod) -> Steps[Sequence[Message]]:
        """Likewise, once there are layers. Raises Declined."""
        while self._recutting.is_held:
            yield OTHERS_TURN
        try:
            plan = changes.flow_mod(self._tenancy, sliver, asked)
        except Refusal as why:
            raise Declined(why.error, str(why)) from why
        return (yield from changes.in_steps(plan))

    def flow_mod_frame(self, sliver: Sliver, frame: bytes) -> Undoable | None:
        """The shallow way of a flow-mod that says again what it has said before."""
        return self._flow_mods.again(sliver, frame)

    def packet_out(self, sliver: Sliver, asked: PacketOut) -> PacketOut:
        """The packet, with the outputs that are the slice's."""
        sending.check(sliver, asked)
        ports = sending.discovery_ports(sliver, asked)
        if ports is not None:
            sealed = discovery.seal(asked.data, sliver.slice, self._secret)
            return replace(asked, actions=tuple(map(Output, ports)), data=sealed)
        outlets = self._tenancy.outlets.get(sliver.slice, NO_OUTLETS)
        is_open_vswitch = self._vocabulary.is_open_vswitch
        return sending.packet_out(self._space, outlets, sliver, asked, is_open_vswitch)

    def packet_out_frame(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """The shallow way of a packet-out whose like has been judged before."""
        return self._packets_out.translate(sliver, frame)

    def flow_stats(self, sliver: Sliver, asked: FlowStatsRequest) -> Plan:
        """The tenant's flows, as it wrote them."""
        return counted.flow_stats(self._tenancy, sliver, asked)

    def aggregate(self, sliver: Sliver, asked: AggregateRequest) -> Plan:
        """The sums over the tenant's flows."""
        return counted.aggregate(self._tenancy, sliver, asked)

    def port_stats(self, sliver: Sliver, asked: PortStatsRequest) -> Plan:
        """The counters of the ports that are the slice's alone."""
        return counted.port_stats(self._tenancy, sliver, asked)

    def table_stats(self, sliver: Sliver, xid: int) -> Plan:
        """The tenant's own flows' sums."""
        return counted.table_stats(self._tenancy, sliver, xid)

    def table_features(self, sliver: Sliver, asked: TableFeaturesRequest) -> Plan:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def group_mod(self, sliver: Sliver, asked: GroupMod) -> Plan:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def bundled(self, sliver: Sliver, asked: Message) -> Part:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def meter_mod(self, sliver: Sliver, asked: MeterMod) -> Plan:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def meter_stats(self, sliver: Sliver, asked: MeterStatsRequest) -> Plan:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def meter_config(self, sliver: Sliver, asked: MeterConfigRequest) -> Plan:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def meter_features(self) -> Plan:
        """Not in OpenFlow 1.0."""
        raise Refusal(errors.BAD_REQUEST_BAD_TYPE, "meters, which OpenFlow 1.0 has not")

    def group_stats(self, sliver: Sliver, asked: GroupStatsRequest) -> Plan:
        """Not in OpenFlow 1.0."""
        raise _not_in_this_version(asked)

    def group_desc(self, sliver: Sliver) -> Plan:
        """Not in OpenFlow 1.0."""
        raise Refusal(errors.BAD_REQUEST_BAD_TYPE, "groups, which OpenFlow 1.0 has not")

    def port_config(self, tag: int, port: int) -> int:
        """What a slice has configured of a port, OFPPC_* bits."""
        return self._port_configs.of(tag, port)

    def port_mod(self, sliver: Sliver, asked: PortMod) -> Plan:
        """A port's configuration is the sliver's own; the datapath's port stays as it is."""
        name = sliver.slice
        self._port_configs.change(sliver, asked, _REFUSED_CONFIG_BITS)
        if name in self._recutting.behind:
            sliver.counters["waited: flows are being cut anew"] += 1
        if name in self._ports:
            self._take_outlets({name: self._outlets_of(name)})
        return self._follow(name)

    def _follow(self, name: str) -> Steps[Sequence[Message]]:
        """A slice's flows send where they may now."""
        if name not in self._recutting.behind:
            yield OTHERS_TURN
        yield from self._recutting.until_done((name,))
        return []

    # ---- what the datapath says ----

    def packet_in(self, frame: bytes) -> tuple[int, Notice | None] | None:
        """A packet-in is of whoever owns the packet; LLDP, of whose seal it bears."""
        return self._arrivals.packet_in(frame)

    def discovered(self, frame: bytes) -> tuple[str, int, bytes] | None:
        """LLDP is a packet-in like any other here."""
        return None

    def enter(self, sliver: Sliver, port: int, data: bytes) -> PacketOut:
        """A packet for the flows that the datapath has for its own port."""
        return PacketOut(0, in_port=port, actions=(Output(of.OFPP_TABLE),), data=data)

    def flow_removed(self, message: FlowRemoved) -> tuple[int, FlowRemoved | None] | None:
        """What is told of a flow once all its pieces are gone."""
        return changes.flow_removed(self._tenancy, message)

    def is_own(self, message: FlowRemoved) -> bool:
        """Was that a guard or the like?"""
        cookie = Cookie.read(message.cookie)
        return cookie is not None and cookie.part is not cookies.Part.PIECE


def _not_in_this_version(asked: Message) -> Refusal:
    return Refusal(errors.BAD_REQUEST_BAD_TYPE, f"{asked.kind.name}, which OpenFlow 1.0 has not")

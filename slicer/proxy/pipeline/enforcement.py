"""Pipeline: the enforcement in the tables of an Open vSwitch datapath.

It puts the parts of this package behind the interface that the handlers use. Not here: any
translation. Invariant: a tag that a tenant's message is translated with is its sliver's.
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
)
from slicer.openflow.multipart import (
    AggregateRequest,
    DescReply,
    FlowStatsReply,
    FlowStatsRequest,
    GroupStatsRequest,
    MeterConfigRequest,
    MeterStatsRequest,
    PortStatsRequest,
)
from slicer.openflow.table_features import TableFeaturesReply, TableFeaturesRequest
from slicer.proxy import discovery
from slicer.proxy.enforcement import NO_QUEUES, Forward, Part, Plan, Queues, Report, Unsuitable
from slicer.proxy.memory import Account
from slicer.proxy.notice import Notice
from slicer.proxy.operation import Steps
from slicer.proxy.pipeline import (
    abilities,
    bundled,
    counted,
    discovered,
    filtered,
    groups,
    judging,
    layout,
    meters,
    misses,
    normal,
    restore,
    spread,
    stages,
    synchronise,
    tags,
    translate,
)
from slicer.proxy.pipeline.bandwidth import Bandwidth
from slicer.proxy.pipeline.hot import Hot
from slicer.proxy.pipeline.layout import StageCookie
from slicer.proxy.pipeline.meter_ids import MeterIds
from slicer.proxy.pipeline.port_configs import PortConfigs
from slicer.proxy.pipeline.shallow_packet_outs import plain_outputs
from slicer.proxy.pipeline.synchronise import Present
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.pipeline.verdicts import PacketCheck, Verdicts
from slicer.proxy.pipeline.violations import Violations
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver

TABLES_NEEDED = layout.EMIT_TABLE + 1


class Pipeline:
    """The enforcement of one datapath."""

    def __init__(self, secret: bytes, memory: Account | None = None) -> None:
        """`memory` is the datapath's, by itself one of its own."""
        self._secret = secret
        self._tags: dict[str, int] = {}
        self._space = FlowSpace(())
        self._verdicts = Verdicts(self._space)
        self._group_ids = GroupIds()
        self._meter_ids = MeterIds()
        self._bandwidth = Bandwidth()
        self._port_configs = PortConfigs()
        self._misses: dict[int, bool] = {}
        """Tag -> does the slice hear of table misses? One that never has has no entry."""
        self._asked = 0
        """How often tenants have asked for what a synchronisation sends, too."""
        self._is_new = True
        self._violations = Violations()
        self._owner_of_all: str | None = None
        self.swift = hot = Hot(self, Account() if memory is None else memory)
        self.flow_mod_frame = hot.flow_mod_frame
        self.packet_out_frame = hot.packet_out_frame

    @property
    def tags(self) -> Mapping[str, int]:
        """The slices' tags, as of the last synchronisation."""
        return self._tags

    def terms(self, sliver: Sliver) -> Terms:
        """A sliver's numbers on the datapath, and what it may, as things stand."""
        owns_all = self._owner_of_all == sliver.slice and not self._bandwidth.holds(sliver.slice)
        meter = self._bandwidth.packet_in_meter(sliver.tag)
        ids = self._group_ids, self._meter_ids
        return Terms(sliver.tag, *ids, owns_all, meter, sliver.counters)

    def check(self, features: FeaturesReply, desc: DescReply) -> None:
        """Is this an Open vSwitch with all the tables? Raises Unsuitable."""
        if "Open vSwitch" not in desc.hw_desc:
            raise Unsuitable(f"it says it is {desc.hw_desc!r}, expected 'Open vSwitch'")
        if features.n_tables < TABLES_NEEDED:
            raise Unsuitable(f"it has {features.n_tables} tables, expected {TABLES_NEEDED}")

    takes_queues = True
    sends_port_configs = True

    def entitle(self, entitlements: Entitlements, queues: Queues = NO_QUEUES) -> None:
        """What queues, and meters where there are none, are to hold the slices to."""
        self._bandwidth.entitle(entitlements, queues)

    def sharing_interval(self) -> float | None:
        """When the meters are to be looked at."""
        return self._bandwidth.interval

    def share(self) -> Steps[int]:
        """Look at the meters, and set them."""
        return self._bandwidth.tick()

    def synchronise(self, space: FlowSpace, ports: Callable[[str], Iterable[int]]) -> Steps[Report]:
        """Make the datapath hold the stages of this flowspace."""
        names = list(dict.fromkeys(rule.slice for rule in space.rules))

        def plan(bound: dict[str, int], seen: set[int]) -> Steps[stages.Stages]:
            assigned = tags.assign(names, {**bound, **self._tags}, seen)
            apart = self._bandwidth.has_port_meters(assigned, {name: ports(name) for name in names})
            of_rules = yield from stages.of_rules(space, assigned, apart=apart)
            self._tags = assigned
            configs = {
                name: {port: self.port_config(tag, port) for port in ports(name)}
                for name, tag in self._tags.items()
            }
            used = set(self._tags.values())
            self._misses = {tag: is_on for tag, is_on in self._misses.items() if tag in used}
            heard = (self._miss(tag, is_wanted=is_on) for tag, is_on in self._misses.items())
            notes = self._meter_ids.notes(self._tags.values())
            limits = self._bandwidth.plan(self._tags, configs)
            freely = normal.flows(space, self._bandwidth.free(self._tags), configs)
            others = (*heard, *notes, *freely)
            made = of_rules if apart is bool(limits.of_port) else None
            return stages.build(space, self._tags, configs, others, limits, made)

        found: list[Present] = []

        def learn(present: Present) -> None:
            found.append(present)
            # Later on, what tenants are just changing is not on the datapath yet.
            if self._is_new:
                self._learn(present)

        self._space = space
        self._verdicts = Verdicts(space)
        self._owner_of_all = normal.owner_of_all(space)
        if self._is_new:
            yield from self._bandwidth.check()
        yield from meters.learn(self._meter_ids, is_new=self._is_new)
        leave = self._meter_ids.leave
        steps = synchronise.synchronise(
            plan, learn, leave, lambda: self._asked, is_new=self._is_new
        )
        report = yield from steps
        self._is_new = False
        counted = yield from self._bandwidth.counted()
        return replace(report, dropped=self._violations.grown(found[0].flows, counted))

    def _learn(self, present: Present) -> None:
        """Take what a former run of the slicer's has left for this one to know."""
        self._group_ids.load(present.groups)
        self._bandwidth.learn(present)
        self._port_configs.learn(present.flows)

    def port_config(self, tag: int, port: int) -> int:
        """What a slice has configured of a port, OFPPC_* bits."""
        return self._port_configs.of(tag, port)

    def port_mod(self, sliver: Sliver, asked: PortMod) -> Plan:
        """A port's configuration is the sliver's own; the switch's port stays as it is."""
        old = self._port_configs.change(sliver, asked)
        self._asked += 1
        return self._configure(sliver, asked.port_no, old)

    def _configure(self, sliver: Sliver, number: int, old: int) -> Steps[Sequence[Message]]:
        configs = {port: self.port_config(sliver.tag, port) for port in sliver.ports}
        held = self._bandwidth.hold(sliver.slice, number)
        flows = [*stages.port_flows(sliver.tag, number, configs[number], held)]
        if stages.tells_stp_apart(old) and not stages.tells_stp_apart(configs[number]):
            # The next synchronisation finds that it is not needed any more.
            flows.append(stages.received_stp(sliver.tag, number, configs[number]))
        groups = spread.groups(sliver.slice, sliver.tag, configs)
        if self._owner_of_all == sliver.slice:
            free = self._bandwidth.free(self._tags)
            flows += normal.flows(self._space, free, {sliver.slice: configs})
        yield [*flows, *(replace(group, command=of.OFPGC_MODIFY) for group in groups)]
        return []

    def features(self, datapath: FeaturesReply) -> FeaturesReply:
        """The datapath's features with the tables that a tenant has."""
        return replace(datapath, n_tables=layout.TENANT_TABLES)

    def table_misses(self, sliver: Sliver, *, are_wanted: bool) -> Sequence[Message]:
        """The flow in emit that sends table misses to the controller. It stays, but does nothing,
        when they are no longer wanted: a flow of the slicer's that goes is put back."""
        if self._misses.get(sliver.tag, False) is are_wanted:
            return ()
        self._misses[sliver.tag] = are_wanted
        self._asked += 1
        return (self._miss(sliver.tag, is_wanted=are_wanted),)

    def _miss(self, tag: int, *, is_wanted: bool) -> FlowMod:
        return misses.miss(tag, self._bandwidth.packet_in_meter(tag), is_wanted=is_wanted)

    def left_to_keep(self, limits: Limits) -> Limits:
        """All of them."""
        return limits

    def count_flows(self, sliver: Sliver) -> Steps[int]:
        """How many flows bear the sliver's tag."""
        return counted.flow_count(sliver.tag)

    def changes_flow(self, sliver: Sliver, asked: FlowMod) -> Steps[bool]:
        """Is there a flow that a flow-mod would replace or change?"""
        return filtered.is_change(self.terms(sliver), asked)

    def flow_mod(self, sliver: Sliver, asked: FlowMod) -> Plan:
        """One flow-mod for one, but for deletes that filter by output."""
        if asked.command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT):
            passes = filtered.output_filter(asked.out_port, asked.out_group)
            if passes is not None:
                translate.flow_mod(self.terms(sliver), asked)
                return filtered.delete(self.terms(sliver), asked, passes)
        translated = translate.flow_mod(self.terms(sliver), asked)
        if asked.command == of.OFPFC_MODIFY and not asked.match.oxms and not asked.upsert:
            misses = replace(asked, command=of.OFPFC_MODIFY_STRICT, priority=0)
            of_misses = translate.flow_mod(self.terms(sliver), misses)
            if of_misses.instructions != translated.instructions:
                return _modify(translated, of_misses)
        return Forward(translated)

    def packet_out(self, sliver: Sliver, asked: PacketOut) -> PacketOut:
        """The packet, to be judged at owner. What is plain already is refused right here, so
        that the tenant hears of it."""
        outputs = plain_outputs(asked)
        judging.check_in_port(sliver, asked.in_port)
        if outputs is not None and discovery.is_discovery(asked.data):
            ports = judging.sending_ports(sliver, outputs, asked.in_port)
            if ports is not None:
                return self._discovery(sliver, ports, asked)
        check = self.packet_check(sliver)
        if check is not None:
            check(outputs, asked.data)
        return translate.packet_out(self.terms(sliver), asked)

    def packet_check(self, sliver: Sliver) -> PacketCheck | None:
        """What judges whose the packets of packet-outs are, or None where there is nothing to be
        judged."""
        if self._owner_of_all == sliver.slice:
            return None
        return self._verdicts.of(sliver)

    def _discovery(self, sliver: Sliver, ports: Iterable[int], asked: PacketOut) -> PacketOut:
        """LLDP goes out by any of the sliver's ports, sealed, whoever owns its EtherType."""
        sealed = discovery.seal(asked.data, sliver.slice, self._secret)
        return translate.discovery_out(self.terms(sliver), replace(asked, data=sealed), ports)

    def discovered(self, frame: bytes) -> tuple[str, int, bytes] | None:
        """(slice, port, packet) of a packet-in about LLDP: whose seal it bears, or whose it is by
        the flowspace."""
        return discovered.whose(frame, self._space, self._secret)

    def enter(self, sliver: Sliver, port: int, data: bytes) -> PacketOut:
        """A packet that comes in by a port of the sliver's, for the tenant's first table."""
        arrives = PacketOut(0, in_port=port, actions=(Output(of.OFPP_TABLE),), data=data)
        return translate.packet_out(self.terms(sliver), arrives)

    def flow_stats(self, sliver: Sliver, asked: FlowStatsRequest) -> Plan:
        """The tenant's flows, as it wrote them."""
        passes = filtered.output_filter(asked.out_port, asked.out_group)
        terms = self.terms(sliver)

        def back(reply: Message) -> Message:
            assert isinstance(reply, FlowStatsReply)
            flows = restore.tenant_flows(terms, reply.entries)
            return replace(reply, entries=tuple(filter(passes, flows)))

        restore_frame = self.swift.flow_stats(sliver) if passes is None else None
        request = translate.flow_stats_request(sliver.tag, asked)
        return Forward(request, back, restore_frame=restore_frame)

    def aggregate(self, sliver: Sliver, asked: AggregateRequest) -> Plan:
        """The sums over the tenant's flows."""
        passes = filtered.output_filter(asked.out_port, asked.out_group)
        if passes is not None:
            translate.aggregate_request(sliver.tag, asked)
            return filtered.aggregate(self.terms(sliver), asked, passes)
        return Forward(translate.aggregate_request(sliver.tag, asked))

    def port_stats(self, sliver: Sliver, asked: PortStatsRequest) -> Plan:
        """The tenant's own packets through its ports."""
        translate.check_port(asked.port_no)
        return counted.port_stats(sliver, asked)

    def table_stats(self, sliver: Sliver, xid: int) -> Plan:
        """The tenant's own flows' sums."""
        return counted.table_stats(sliver, xid)

    def table_features(self, sliver: Sliver, asked: TableFeaturesRequest) -> Plan:
        """What the tenant's tables can do; setting that is refused, as Open vSwitch does."""
        if asked.entries:
            raise Refusal(errors.TABLE_FEATURES_FAILED_EPERM, "table features can't be set")

        def back(reply: Message) -> Message:
            assert isinstance(reply, TableFeaturesReply)
            return abilities.table_features(reply)

        return Forward(TableFeaturesRequest(0), back)

    def group_mod(self, sliver: Sliver, asked: GroupMod) -> Plan:
        """The tenant's groups."""
        return groups.group_mod(sliver, self.terms(sliver), asked)

    def group_stats(self, sliver: Sliver, asked: GroupStatsRequest) -> Plan:
        """The counters of the tenant's groups."""
        return groups.group_stats(self.terms(sliver), asked)

    def group_desc(self, sliver: Sliver) -> Plan:
        """The tenant's groups, as it wrote them."""
        return groups.group_desc(self.terms(sliver))

    def bundled(self, sliver: Sliver, asked: Message) -> Part:
        """Flow-mods, group-mods and packet-outs can be bundled."""
        if isinstance(asked, FlowMod):
            return bundled.flow_mod(asked, self.flow_mod(sliver, asked))
        if isinstance(asked, GroupMod):
            return bundled.group_mod(sliver, self.terms(sliver), asked)
        assert isinstance(asked, PacketOut)
        return bundled.packet_out(self.packet_out(sliver, asked))

    def meter_mod(self, sliver: Sliver, asked: MeterMod) -> Plan:
        """The tenant's meters."""
        self._asked += 1
        return meters.meter_mod(self.terms(sliver), asked, sliver.limits.meters)

    def meter_stats(self, sliver: Sliver, asked: MeterStatsRequest) -> Plan:
        """The counters of the tenant's meters."""
        return meters.meter_stats(self.terms(sliver), asked)

    def meter_config(self, sliver: Sliver, asked: MeterConfigRequest) -> Plan:
        """The tenant's meters, as it set them up."""
        return meters.meter_config(self.terms(sliver), asked)

    def meter_features(self) -> Plan:
        """What meters a tenant can have."""
        return meters.meter_features()

    def packet_in(self, frame: bytes) -> tuple[int, Notice | None] | None:
        """A packet-in bears the tag in its match."""
        return self.swift.packet_in(frame)

    def wants_misses(self, tag: int, port: int) -> bool:
        """Does a slice want packet-ins about packets from a port that no flow has matched?"""
        return not self.port_config(tag, port) & of.OFPPC_NO_PACKET_IN

    def flow_removed(self, message: FlowRemoved) -> tuple[int, FlowRemoved | None] | None:
        """So does a flow-removed."""
        tag = restore.tag_of(message.match)
        try:
            return None if tag is None else (tag, restore.flow_removed(message))
        except restore.NotOurs:
            return None

    def is_own(self, message: FlowRemoved) -> bool:
        """Was that a flow of the stages?"""
        return (
            message.table_id in synchronise.STAGE_TABLES
            and StageCookie.read(message.cookie) is not None
        )


def _modify(flows: FlowMod, misses: FlowMod) -> Steps[Sequence[Message]]:
    """Modify many flows, and then table-miss flows, which say otherwise why they send a packet to
    the controller."""
    yield [flows, misses]
    return []

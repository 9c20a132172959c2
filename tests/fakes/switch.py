"""FakeSwitch: a stand-in for Open vSwitch, sans-IO, that speaks OpenFlow 1.3 and forwards packets.

It is a fake: it is made of what the slicer uses and a tenant can try, after ovs-fields(7),
ovs-actions(7), OpenFlow 1.3.5 and trials on Open vSwitch 3.1, and answers BAD_TYPE to the rest. It
forwards packets as headers, not as bytes. Left out: queues, roles, async masks, table
features, port statistics, buffers, several controllers at once, and what `packet.py`, `frames.py`,
`meters.py` and `execution.py` say they leave out. `tests/live` asks the real one.

Bytes go in by `receive`, what it answers and says by itself is fetched with `take`; time passes
when `pass_time` says so. Its flows, groups and configuration outlive a connection.

Invariant: what it holds changes only by messages, by the methods here, and by timeouts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.framing import Framer
from slicer.openflow.header import xid_of
from slicer.openflow.hello import decode_hello
from slicer.openflow.messages import Message, Port
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.fakes import frames, meters, upserts
from tests.fakes.bundles import Bundles
from tests.fakes.checks import (
    Refused,
    check_actions,
    check_flow_mod,
    check_group_mod,
    check_match,
    check_meter,
)
from tests.fakes.execution import Execution, Plane, Result, ToController
from tests.fakes.flight import Flight
from tests.fakes.packet import Packet
from tests.fakes.tables import Flow, Overlap, Request, Tables

QUOTED_BYTES = 64
NX_MATCH = 3
NOBODY = "nobody"


class FakeSwitch:
    """One switch, which outlives its connections. `author` is noted of every flow and group that
    is made or changed from now on: who the test says is speaking. `is_sliver`: see `Plane`."""

    dialect: Dialect = V13

    def __init__(
        self,
        dpid: int,
        ports: Iterable[Port],
        *,
        n_tables: int = 254,
        hw_desc: str = "Open vSwitch",
        flows_per_part: int = 40,
        is_sliver: bool = False,
    ) -> None:
        self.dpid = dpid
        self.ports = {port.port_no: port for port in ports}
        self.n_tables = n_tables
        self.hw_desc = hw_desc
        self.tables = Tables()
        self.groups: dict[int, m.GroupMod] = {}
        self.group_authors: dict[int, str] = {}
        self.meters: dict[int, m.MeterMod] = {}
        self.offered: dict[int, tuple[int, int]] = {}
        """By meter: bytes offered, bytes dropped, since it was made or changed."""
        self.queue_stats: list[mp.QueueStats] = []
        self.meter_authors: dict[int, str] = {}
        self.author = NOBODY
        self.now = 0.0
        self.fragments = of.OFPC_FRAG_NORMAL
        self.results: list[Result] = []
        """What became of the packets of packet-outs."""
        self._flows_per_part = flows_per_part
        self._is_sliver = is_sliver
        self._miss_send_len = 128
        self._framer = Framer()
        self._out: list[bytes] = []
        self._bundles = Bundles()

    # ---- the connection ----

    def connect(self) -> None:
        """A new connection to the controller; the old one's rest is forgotten."""
        self._framer = Framer()
        self._bundles = Bundles()
        self._out = [self.dialect.encode(m.Hello(1, frozenset({self.dialect.version})))]

    def receive(self, data: bytes) -> None:
        """Bytes from the controller. Raises FramingError for a length that can't be."""
        for frame in self._framer.feed(data):
            self._handle(frame)

    def take(self) -> bytes:
        """What the switch has to say."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _say(self, message: Message) -> None:
        self._out.append(self.dialect.encode(message))

    def _handle(self, frame: bytes) -> None:
        if frame[1] == 0:
            decode_hello(frame)
            return
        kind = self.dialect.kind(frame)
        if kind is None:
            self._refuse(frame, self.dialect.unknown(frame))
            return
        try:
            message = self.dialect.decode(frame)
        except MalformedError as malformed:
            self._refuse(frame, malformed.error)
            return
        handler = _HANDLERS.get(type(message))
        if handler is None:
            self._refuse(frame, errors.BAD_REQUEST_BAD_TYPE)
            return
        try:
            handler(self, message)
        except Refused as refused:
            self._refuse(frame, refused.error)

    def _refuse(self, frame: bytes, error: ErrorCode) -> None:
        quoted = frame[:QUOTED_BYTES]
        whose = errors.ONF if error.type == errors.EXPERIMENTER_TYPE else None
        self._say(m.ErrorMessage(xid_of(frame), error.type, error.code, quoted, whose))

    # ---- questions ----

    def _hear(self, message: Message) -> None:
        """Errors and echo replies need no answer, and nothing here follows from async masks."""

    def _echo(self, asked: m.EchoRequest) -> None:
        self._say(m.EchoReply(asked.xid, asked.data))

    def _features(self, asked: Message) -> None:
        self._say(m.FeaturesReply(asked.xid, self.dpid, 0, self.n_tables, 0, 0x4F))

    def _config(self, asked: Message) -> None:
        self._say(m.GetConfigReply(asked.xid, self.fragments, self._miss_send_len))

    def _set_config(self, asked: m.SetConfig) -> None:
        if asked.flags not in (of.OFPC_FRAG_NORMAL, of.OFPC_FRAG_DROP, NX_MATCH):
            raise Refused(errors.SWITCH_CONFIG_FAILED_BAD_FLAGS)
        self.fragments, self._miss_send_len = asked.flags, asked.miss_send_len

    def _barrier(self, asked: Message) -> None:
        self._say(m.BarrierReply(asked.xid))

    def _desc(self, asked: Message) -> None:
        self._say(mp.DescReply(asked.xid, "Nicira, Inc.", self.hw_desc, "3.1.0", "None", "None"))

    def _port_desc(self, asked: Message) -> None:
        self._in_parts([self.ports[each] for each in sorted(self.ports)], asked, mp.PortDescReply)

    def _flow_stats(self, asked: mp.FlowStatsRequest) -> None:
        self._in_parts(
            [self._stats(flow) for flow in self._selected(asked)], asked, mp.FlowStatsReply
        )

    def _aggregate(self, asked: mp.AggregateRequest) -> None:
        flows = self._selected(asked)
        packets, size = sum(flow.packets for flow in flows), sum(flow.bytes for flow in flows)
        self._say(mp.AggregateReply(asked.xid, packets, size, len(flows)))

    def _selected(self, asked: Request) -> list[Flow]:
        if self.n_tables <= asked.table_id < of.OFPTT_ALL:
            raise Refused(errors.BAD_REQUEST_BAD_TABLE_ID)
        check_match(asked.match)
        return sorted(self.tables.selected(asked), key=lambda flow: flow.table)

    def _stats(self, flow: Flow) -> mp.FlowStats:
        age = self.now - flow.created
        return mp.FlowStats(
            flow.table,
            int(age),
            int(age % 1 * 1e9),
            flow.priority,
            flow.idle_timeout,
            flow.hard_timeout,
            flow.flags,
            flow.cookie,
            flow.packets,
            flow.bytes,
            flow.match,
            flow.instructions,
        )

    def _group_desc(self, asked: Message) -> None:
        groups = [mp.GroupDesc(each.type, each.group_id, each.buckets) for each in self._groups()]
        self._in_parts(groups, asked, mp.GroupDescReply)

    def _groups(self) -> list[m.GroupMod]:
        return [self.groups[number] for number in sorted(self.groups)]

    def _in_parts(
        self, entries: Sequence[object], asked: Message, reply: Callable[..., Message]
    ) -> None:
        size = self._flows_per_part
        parts = [tuple(entries[at : at + size]) for at in range(0, len(entries), size)] or [()]
        for part in parts[:-1]:
            self._say(reply(asked.xid, part, more=True))
        self._say(reply(asked.xid, parts[-1]))

    # ---- changes ----

    def _flow_mod(self, asked: m.FlowMod) -> None:
        check_flow_mod(asked, self.groups, self.n_tables)
        if asked.command == of.OFPFC_ADD:
            check_meter(asked, self.meters)
            try:
                self.tables.add(asked, self.author, self.now)
            except Overlap as overlap:
                raise Refused(errors.FLOW_MOD_FAILED_OVERLAP) from overlap
        elif asked.command in (of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT):
            if self.tables.meant(asked):
                check_meter(asked, self.meters)
            self.tables.modify(asked, self.author)
        else:
            self._remove(self.tables.meant(asked), of.OFPRR_DELETE)

    def _upsert(self, change: m.FlowMod) -> None:
        """OpenFlow 1.0's modify: it gives the cookie too, and adds a flow where there is none."""
        check_flow_mod(change, self.groups, self.n_tables)
        meant = self.tables.meant(change)
        self.tables.modify(change, self.author)
        for flow in meant:
            flow.cookie = change.cookie
        if not meant:
            self.tables.add(change, self.author, self.now)

    def _remove(self, flows: Sequence[Flow], reason: int) -> None:
        self.tables.remove(flows)
        for flow in flows:
            if flow.flags & of.OFPFF_SEND_FLOW_REM:
                self._say(self._removed(flow, reason))

    def _removed(self, flow: Flow, reason: int) -> m.FlowRemoved:
        age = self.now - flow.created
        return m.FlowRemoved(
            0,
            flow.cookie,
            flow.priority,
            reason,
            flow.table,
            int(age),
            int(age % 1 * 1e9),
            flow.idle_timeout,
            flow.hard_timeout,
            flow.packets,
            flow.bytes,
            flow.match,
        )

    def _group_mod(self, asked: m.GroupMod) -> None:
        check_group_mod(asked, self.groups)
        if asked.command != of.OFPGC_DELETE:
            self.groups[asked.group_id] = replace(asked, xid=0, command=of.OFPGC_ADD)
            self.group_authors[asked.group_id] = self.author
            return
        gone = list(self.groups) if asked.group_id == of.OFPG_ALL else [asked.group_id]
        for number in gone:
            self.groups.pop(number, None)
        users = [
            flow
            for flow in self.tables.flows.values()
            if any(getattr(action, "group_id", None) in gone for action in flow.actions)
        ]
        self._remove(users, of.OFPRR_GROUP_DELETE)

    def _meter_mod(self, asked: m.MeterMod) -> None:
        error = meters.fault(asked, self.meters)
        if error is not None:
            raise Refused(error)
        gone = meters.carry_out(asked, self.meters)
        self.offered.pop(asked.meter_id, None)
        self.meter_authors[asked.meter_id] = self.author
        users = [flow for flow in self.tables.flows.values() if flow.meter in gone]
        self._remove(users, of.OFPRR_DELETE)

    def _meter_config(self, asked: mp.MeterConfigRequest) -> None:
        found = [*map(meters.configured, meters.meant(asked.meter_id, self.meters))]
        self._in_parts(found, asked, mp.MeterConfigReply)

    def _meter_stats(self, asked: mp.MeterStatsRequest) -> None:
        used = [flow.meter for flow in self.tables.flows.values()]
        meant = meters.meant(asked.meter_id, self.meters)
        found = [
            meters.counted(
                each, used.count(each.meter_id), self.offered.get(each.meter_id, (0, 0)), self.now
            )
            for each in meant
        ]
        self._in_parts(found, asked, mp.MeterStatsReply)

    def _queue_stats(self, asked: mp.QueueStatsRequest) -> None:
        self._in_parts(self.queue_stats, asked, mp.QueueStatsReply)

    def _meter_features(self, asked: Message) -> None:
        self._say(meters.features(asked.xid))

    def _experimenter(self, asked: m.Experimenter) -> None:
        change = upserts.read(asked)
        if change is not None:
            self._upsert(change)
            return
        for reply in self._bundles.handle(self, asked):
            self._say(reply)

    def carry_out(self, message: Message) -> None:
        """Change something. Raises Refused."""
        _HANDLERS[type(message)](self, message)

    def pass_time(self, seconds: float) -> None:
        """Let flows and bundles expire."""
        self.now += seconds
        for expired in self._bundles.expire(self.now):
            self._say(expired)
        for flow in list(self.tables.flows.values()):
            if flow.hard_timeout and self.now - flow.created >= flow.hard_timeout:
                self._remove([flow], of.OFPRR_HARD_TIMEOUT)
            elif flow.idle_timeout and self.now - flow.used >= flow.idle_timeout:
                self._remove([flow], of.OFPRR_IDLE_TIMEOUT)

    def flush(self) -> None:
        """Somebody with access to the switch deletes everything."""
        flows = list(self.tables.flows.values())
        self._remove(flows, of.OFPRR_DELETE)
        self.groups.clear()
        self.meters.clear()

    def set_port(self, port: Port) -> None:
        """A port comes or changes."""
        reason = of.OFPPR_MODIFY if port.port_no in self.ports else of.OFPPR_ADD
        self.ports[port.port_no] = port
        self._say(m.PortStatus(0, reason, port))

    def remove_port(self, number: int) -> None:
        """A port goes."""
        self._say(m.PortStatus(0, of.OFPPR_DELETE, self.ports.pop(number)))

    # ---- packets ----

    def inject(self, port: int, packet: Packet) -> Result:
        """A packet comes in; packet-ins are said."""
        execution = self._execution(packet, port)
        result = execution.enter()
        self._report(result)
        return result

    def _execution(self, packet: Packet, port: int) -> Execution:
        flight = Flight(packet, port, reads_fragments=self.fragments == NX_MATCH)
        plane = Plane(self.tables, self.groups, self.ports, self.now, self._is_sliver)
        return Execution(plane, flight, len(frames.write(packet)))

    def _packet_out(self, asked: m.PacketOut) -> None:
        if asked.buffer_id != of.OFP_NO_BUFFER:
            raise Refused(errors.BAD_REQUEST_BUFFER_UNKNOWN)
        reserved = (of.OFPP_CONTROLLER, of.OFPP_LOCAL, of.OFPP_ANY)
        if asked.in_port >= 0xFF00 and asked.in_port not in reserved:
            raise Refused(errors.BAD_REQUEST_BAD_PORT)
        check_actions(asked.actions, self.groups)
        execution = self._execution(frames.read(asked.data), asked.in_port)
        result = execution.carry_out(asked.actions)
        self.results.append(result)
        self._report(result)

    def _report(self, result: Result) -> None:
        for each in result.to_controller:
            self._say(packet_in(each))


def packet_in(sent: ToController) -> m.PacketIn:
    """What the switch says of a packet for the controller (OpenFlow 1.3.5 7.4.1)."""
    data = frames.write(sent.packet)
    fields: dict[str, int | tuple[int, int]] = {"in_port": sent.in_port}
    fields |= {f"reg{number}": value for number, value in enumerate(sent.registers) if value}
    if sent.metadata:
        fields["metadata"] = sent.metadata
    return m.PacketIn(
        0,
        of.OFP_NO_BUFFER,
        len(data),
        sent.reason,
        sent.table,
        sent.cookie,
        Match.of(**fields),
        data,
    )


_HANDLERS: Mapping[type[Message], Callable[..., None]] = {
    m.ErrorMessage: FakeSwitch._hear,
    m.EchoReply: FakeSwitch._hear,
    m.SetAsync: FakeSwitch._hear,
    m.EchoRequest: FakeSwitch._echo,
    m.FeaturesRequest: FakeSwitch._features,
    m.GetConfigRequest: FakeSwitch._config,
    m.SetConfig: FakeSwitch._set_config,
    m.BarrierRequest: FakeSwitch._barrier,
    m.Experimenter: FakeSwitch._experimenter,
    m.FlowMod: FakeSwitch._flow_mod,
    m.GroupMod: FakeSwitch._group_mod,
    m.MeterMod: FakeSwitch._meter_mod,
    m.PacketOut: FakeSwitch._packet_out,
    mp.DescRequest: FakeSwitch._desc,
    mp.PortDescRequest: FakeSwitch._port_desc,
    mp.FlowStatsRequest: FakeSwitch._flow_stats,
    mp.AggregateRequest: FakeSwitch._aggregate,
    mp.GroupDescRequest: FakeSwitch._group_desc,
    mp.MeterConfigRequest: FakeSwitch._meter_config,
    mp.MeterStatsRequest: FakeSwitch._meter_stats,
    mp.MeterFeaturesRequest: FakeSwitch._meter_features,
    mp.QueueStatsRequest: FakeSwitch._queue_stats,
}

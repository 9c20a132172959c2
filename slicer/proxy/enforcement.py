"""Enforcement: how a datapath keeps its slices apart, as the rest of the proxy sees it.

There is one implementation for each way of doing it; `pipeline.enforcement.Pipeline` is the one
for Open vSwitch, `clip.enforcement.Clip` the one for datapaths that speak only OpenFlow 1.0.
Handlers ask it what a tenant's request means on the datapath and what a datapath's message means
to a tenant. Invariant: every method either returns or raises Refusal before anything has been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements
from slicer.isolation.limits import Limits
from slicer.openflow.dialect import Dialect
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
    FlowStatsRequest,
    GroupStatsRequest,
    MeterConfigRequest,
    MeterStatsRequest,
    PortStatsRequest,
)
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.proxy.notice import Notice
from slicer.proxy.operation import OperationFailed, Steps
from slicer.proxy.pending import RestoreFrame
from slicer.proxy.sliver import Sliver

Queues = Mapping[tuple[str, int], int]
"""Slice and port number -> the id of the slice's queue at that port."""
NO_QUEUES: Queues = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Report:
    """What a synchronisation found and did, in numbers of flows and groups."""

    kept: int
    added: int
    removed: int
    orphans: int
    """Flows of slices that have gone; removed too."""
    foreign: tuple[str, ...]
    """Flows that are not the slicer's, left alone: where each one is."""
    dropped: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """Since the last time, by tag (or 0) and reason: packets that the switch has dropped, flows of
    tenants' that they can't have any more."""
    ended: tuple[tuple[int, FlowRemoved], ...] = ()
    """(tag, what its tenants are to hear) of flows of which the switch will tell nothing."""
    rest: Steps[Report] | None = None
    """What is left to be done once slivers are up to date, with a report of its own."""

    @property
    def changes(self) -> int:
        """How many flows and groups were added, corrected or removed."""
        return self.added + self.removed + self.orphans

    def __str__(self) -> str:
        return (
            f"{self.kept} of the slicer's flows and groups kept, {self.added} added, "
            f"{self.removed} removed, {self.orphans} flows of former slices removed"
        )


class Unsuitable(OperationFailed):
    """The datapath can't be sliced this way; the text says why."""


def unchanged(reply: Message) -> Message:
    """A reply that is in the tenant's terms as it is."""
    return reply


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the datapath one message; `restore` turns each reply into the tenant's terms, and
    `restore_frame` does, where it can, without decoding it. Of one without a reply, `done` is
    called once the datapath has carried it out, `undo` if it refuses."""

    message: Message
    restore: Callable[[Message], Message] = unchanged
    done: Callable[[], None] | None = None
    undo: Callable[[], None] | None = None
    restore_frame: RestoreFrame | None = None


@dataclass(slots=True, eq=False)
class Undoable:
    """A frame for the datapath. `done` is called once the datapath has carried it out, `undo` if
    it refuses. Nobody changes one."""

    frame: bytes
    done: Callable[[], None]
    undo: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Part:
    """Messages to the datapath that stand for one of a tenant's in a bundle. `done` is called when
    the bundle has been committed, `undo` if it is not, or if the datapath refuses one of them."""

    messages: Sequence[Message]
    done: Callable[[], None] | None = None
    undo: Callable[[], None] | None = None


Plan = Forward | Steps[Sequence[Message]]
"""How a request is carried out: one message for one, or an operation whose result is the answers.
While an operation runs, the tenant's later messages wait."""


class Enforcement(Protocol):
    """One datapath's enforcement."""

    def check(self, features: FeaturesReply, desc: DescReply) -> None:
        """Raises Unsuitable."""

    @property
    def takes_queues(self) -> bool:
        """Can it put what a slice sends into a queue of the port's?"""

    @property
    def sends_port_configs(self) -> bool:
        """Does a synchronisation send what slices have configured of their ports? Then it has to be
        done once more where that has changed meanwhile."""

    def entitle(self, entitlements: Entitlements, queues: Queues = NO_QUEUES) -> None:
        """What slices may have of the datapath's bandwidth and of its way to the controller, and
        the queues that ports have for that. The next synchronisation makes the datapath hold them
        to it, or fails where it can't."""

    def sharing_interval(self) -> float | None:
        """In how many seconds `share` is due, or None where nothing is shared."""

    def share(self) -> Steps[int]:
        """Lend what is not used to those that want more; returns how many rates were changed."""

    def synchronise(self, space: FlowSpace, ports: Callable[[str], Iterable[int]]) -> Steps[Report]:
        """Make the datapath enforce the flowspace; `ports(slice)` are those that the slice has."""

    @property
    def tags(self) -> Mapping[str, int]:
        """The slices' tags, as of the last synchronisation."""

    def features(self, datapath: FeaturesReply) -> FeaturesReply:
        """What a sliver of this datapath says of itself."""

    def table_misses(self, sliver: Sliver, *, are_wanted: bool) -> Sequence[Message]:
        """What makes packets that none of a sliver's flows match go to its controllers of
        OpenFlow 1.0 (3.4), or no longer go there."""

    def left_to_keep(self, limits: Limits) -> Limits:
        """What of a slice's limits is left for the handlers to keep; the rest it keeps itself."""

    def count_flows(self, sliver: Sliver) -> Steps[int]:
        """How many flows a sliver has."""

    def changes_flow(self, sliver: Sliver, asked: FlowMod) -> Steps[bool]:
        """Is there a flow that a flow-mod, which could add one, would replace or change?"""

    def flow_mod(self, sliver: Sliver, asked: FlowMod) -> Plan:
        """A tenant's flow-mod."""

    def flow_mod_frame(self, sliver: Sliver, frame: bytes) -> bytes | Undoable | None:
        """The datapath's frame for a tenant's flow-mod of any version, under the tenant's xid,
        where that can be had without decoding all of it; otherwise None, and `flow_mod` is asked
        about the same flow-mod next."""

    def packet_out(self, sliver: Sliver, asked: PacketOut) -> PacketOut:
        """A tenant's packet-out."""

    def packet_out_frame(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """Likewise, for a packet-out."""

    def flow_stats(self, sliver: Sliver, asked: FlowStatsRequest) -> Plan:
        """A tenant's question about its flows."""

    def aggregate(self, sliver: Sliver, asked: AggregateRequest) -> Plan:
        """A tenant's question about its flows' sums."""

    def port_stats(self, sliver: Sliver, asked: PortStatsRequest) -> Plan:
        """A tenant's question about its ports."""

    def table_stats(self, sliver: Sliver, xid: int) -> Plan:
        """A tenant's question about its tables."""

    def table_features(self, sliver: Sliver, asked: TableFeaturesRequest) -> Plan:
        """A tenant's question about what its tables can do."""

    def group_mod(self, sliver: Sliver, asked: GroupMod) -> Plan:
        """A tenant's group-mod."""

    def group_stats(self, sliver: Sliver, asked: GroupStatsRequest) -> Plan:
        """A tenant's question about its groups' counters."""

    def group_desc(self, sliver: Sliver) -> Plan:
        """A tenant's question about its groups."""

    def bundled(self, sliver: Sliver, asked: Message) -> Part:
        """A tenant's flow-mod, group-mod or packet-out that is to be carried out in a bundle."""

    def meter_mod(self, sliver: Sliver, asked: MeterMod) -> Plan:
        """A tenant's meter-mod."""

    def meter_stats(self, sliver: Sliver, asked: MeterStatsRequest) -> Plan:
        """A tenant's question about its meters' counters."""

    def meter_config(self, sliver: Sliver, asked: MeterConfigRequest) -> Plan:
        """A tenant's question about its meters."""

    def meter_features(self) -> Plan:
        """A tenant's question about what meters it can have."""

    def port_config(self, tag: int, port: int) -> int:
        """What a slice has configured of a port, OFPPC_* bits."""

    def port_mod(self, sliver: Sliver, asked: PortMod) -> Plan:
        """A tenant's port-mod."""

    def packet_in(self, frame: bytes) -> tuple[int, Notice | None] | None:
        """(tag, the message in the tenant's terms) of a datapath's packet-in, or None where it is
        no tenant's. The message is None where the slice wants no packet-ins from that port.
        Raises MalformedError."""

    def discovered(self, frame: bytes) -> tuple[str, int, bytes] | None:
        """(slice, port, packet) of a packet-in without a tag that is about LLDP and whose slice
        can be told; otherwise None."""

    def enter(self, sliver: Sliver, port: int, data: bytes) -> PacketOut:
        """What makes a packet enter a sliver by one of its ports."""

    def flow_removed(self, message: FlowRemoved) -> tuple[int, FlowRemoved | None] | None:
        """(tag, the message in the tenant's terms), or None where it is no tenant's. The message is
        None where the tenant is to hear nothing: of its flow more is left."""

    def is_own(self, message: FlowRemoved) -> bool:
        """Was that a flow of the slicer's own?"""


@dataclass(frozen=True, slots=True)
class Manner:
    """How datapaths of another OpenFlow version than the usual one are sliced; they list their
    ports among their features (OpenFlow 1.0 5.3.1)."""

    enforcement: Callable[[], Enforcement]
    tenant_dialects: Mapping[int, Dialect]

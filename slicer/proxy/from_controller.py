"""What a tenant controller may send, and what becomes of it.

One row a kind of message; a kind without a row is refused by `tenant.py` with
BAD_REQUEST/BAD_TYPE. A handler either answers by itself, from what the slicer knows, or has the
sliver's enforcement say what the request means on the datapath. Invariant: nothing here sends to
any tenant but the one that asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slicer.openflow import bundles, errors, replies
from slicer.openflow import constants as of
from slicer.openflow.header import HEADER
from slicer.openflow.kinds import FLOW_MOD, PACKET_OUT, Kind
from slicer.openflow.messages import (
    Experimenter,
    FlowMod,
    GetAsyncReply,
    GetConfigReply,
    PacketOut,
    Port,
    PortMod,
    QueueGetConfigRequest,
    RoleReply,
    RoleRequest,
    SetAsync,
    SetConfig,
    TableMod,
)
from slicer.openflow.multipart import (
    DescReply,
    ExperimenterMultipartRequest,
    PortDescReply,
    QueueStatsRequest,
)
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.proxy import queues, quota, runs
from slicer.proxy.bundles import Bundles
from slicer.proxy.enforcement import Enforcement, Forward, Plan
from slicer.proxy.notice import OPENFLOW_1_0
from slicer.proxy.parts import in_parts
from slicer.proxy.refusal import Refusal
from slicer.proxy.roles import CHANGES, AsyncConfig, masked
from slicer.proxy.routes import Handler, Route
from slicer.proxy.sliver import Sliver

if TYPE_CHECKING:
    from slicer.proxy.tenant import Tenant


def error(tenant: Tenant, frame: bytes, now: float) -> None:
    """A controller's error is about a message of the slicer's to it; it is counted."""
    tenant.sliver.counters["errors from its controllers"] += 1


def echo_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """Answer with the same data (OpenFlow 1.3.5 7.5.3)."""
    tenant.outbox.answer(replies.echo_reply(frame))


def echo_reply(tenant: Tenant, frame: bytes, now: float) -> None:
    """The peer has been heard from, which is noted for any data."""


def features_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """The sliver's features (OpenFlow 1.3.5 7.3.1)."""
    message = tenant.read(frame)
    features = tenant.datapath.enforcement.features(tenant.datapath.features)
    tenant.send(replace(features, xid=message.xid, ports=_ports(tenant)))


def _ports(tenant: Tenant) -> tuple[Port, ...]:
    return tuple(sorted(tenant.sliver.ports.values(), key=lambda port: port.port_no))


def get_config_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """What this tenant has set (OpenFlow 1.3.5 7.3.2)."""
    message = tenant.read(frame)
    tenant.send(GetConfigReply(message.xid, of.OFPC_FRAG_NORMAL, tenant.miss_send_len))


def set_config(tenant: Tenant, frame: bytes, now: float) -> None:
    """Kept for this connection. Fragment handling is the whole switch's, so it stays normal."""
    message = tenant.read(frame)
    assert isinstance(message, SetConfig)
    if message.flags != of.OFPC_FRAG_NORMAL:
        raise Refusal(
            errors.SWITCH_CONFIG_FAILED_BAD_FLAGS,
            f"fragment handling {message.flags}, a sliver's is always normal (0)",
        )
    tenant.miss_send_len = message.miss_send_len


def role_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """The tenant's role at its sliver (OpenFlow 1.3.5 7.3.9)."""
    message = tenant.read(frame)
    assert isinstance(message, RoleRequest)
    tenant.sliver.set_role(tenant, message.role, message.generation_id)
    tenant.send(RoleReply(message.xid, tenant.role, tenant.sliver.generation.value))


def get_async_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """Which asynchronous messages this tenant gets (OpenFlow 1.3.5 7.3.10)."""
    config = tenant.async_config
    masks = (config.packet_in, config.port_status, config.flow_removed)
    tenant.send(GetAsyncReply(tenant.read(frame).xid, *masks))


def set_async(tenant: Tenant, frame: bytes, now: float) -> None:
    """Kept for this connection."""
    message = tenant.read(frame)
    assert isinstance(message, SetAsync)
    tenant.async_config = masked(
        AsyncConfig(message.packet_in_mask, message.port_status_mask, message.flow_removed_mask)
    )
    tenant.datapath.follow_async()


def table_mod(tenant: Tenant, frame: bytes, now: float) -> None:
    """OpenFlow 1.3 has no table configuration left (7.3.3), so only the table is checked."""
    message = tenant.read(frame)
    assert isinstance(message, TableMod)
    tables = tenant.datapath.enforcement.features(tenant.datapath.features).n_tables
    if message.table_id != of.OFPTT_ALL and message.table_id >= tables:
        raise Refusal(errors.TABLE_MOD_FAILED_EPERM, f"table {message.table_id} of {tables}")


def _barrier_reply(frame: bytes, xid: int, version: int) -> bytes | None:
    return replies.barrier_reply(version, xid) if len(frame) == HEADER.size else None


def barrier_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """The datapath's own barrier, which orders all that was sent before it."""
    if len(frame) != HEADER.size:
        tenant.read(frame)
    tenant.ask_barrier(frame, _barrier_reply)


def flow_mod(tenant: Tenant, frame: bytes, now: float) -> None:
    """Change the tenant's flows."""
    if tenant.sliver.limits.flows is not None:
        _flow_mod_within_quota(tenant, frame, now)
        return
    translated = tenant.datapath.enforcement.flow_mod_frame(tenant.sliver, frame)
    if isinstance(translated, bytes):
        tenant.pass_on(FLOW_MOD, frame, translated)
        return
    if translated is not None:
        tenant.pass_on(FLOW_MOD, frame, translated.frame, translated.done, translated.undo)
        return
    message = tenant.read(frame)
    assert isinstance(message, FlowMod)
    tenant.carry_out(frame, tenant.datapath.enforcement.flow_mod(tenant.sliver, message), now)


def _flow_mod_within_quota(tenant: Tenant, frame: bytes, now: float) -> None:
    message = tenant.read(frame)
    assert isinstance(message, FlowMod)
    sliver, enforcement = tenant.sliver, tenant.datapath.enforcement
    plan = enforcement.flow_mod(sliver, message)
    if quota.may_add(message):
        if sliver.flow_quota.is_full():
            plan = quota.within(sliver, enforcement, message, plan)
        else:
            sliver.flow_quota.add()
    tenant.carry_out(frame, plan, now)


def _planned(ask: Callable[[Enforcement, Sliver, Any], Plan]) -> Handler[Tenant]:
    """The handler of a row of _CHANGED or _READ."""

    def handler(tenant: Tenant, frame: bytes, now: float) -> None:
        plan = ask(tenant.datapath.enforcement, tenant.sliver, tenant.read(frame))
        tenant.carry_out(frame, plan, now)

    return handler


def group_features_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """What groups the datapath can make: a tenant can make the same."""
    tenant.carry_out(frame, Forward(tenant.read(frame)), now)


def experimenter(tenant: Tenant, frame: bytes, now: float) -> None:
    """Bundles; whatever is not in `EXPERIMENTERS` is refused (OpenFlow 1.3.5 7.4.4.2; OpenFlow 1.0
    5.4.4, where it is BAD_VENDOR)."""
    message = tenant.read(frame)
    assert isinstance(message, Experimenter)
    handler = EXPERIMENTERS.get((message.experimenter, message.exp_type))
    has_bundles = tenant.dialect.version != OPENFLOW_1_0
    if handler is None or tenant.dialect is not tenant.datapath.dialect or not has_bundles:
        raise Refusal(
            errors.BAD_REQUEST_BAD_EXPERIMENTER,
            f"message {message.exp_type} of experimenter {message.experimenter:#x}",
        )
    if tenant.is_watcher or tenant.role == of.OFPCR_ROLE_SLAVE:
        raise Refusal(errors.BAD_REQUEST_IS_SLAVE, f"a bundle from a {tenant.reader}")
    handler(tenant.bundles, frame, message, now)


EXPERIMENTERS: Mapping[tuple[int, int], Callable[[Bundles, bytes, Experimenter, float], None]] = {
    (bundles.ONF, bundles.CONTROL): Bundles.control,
    (bundles.ONF, bundles.ADD): Bundles.add,
}
"""The experimenters' messages that a tenant may send."""


def experimenter_multipart_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """No experimenter's question is understood here, so none is passed on."""
    message = tenant.read(frame)
    assert isinstance(message, ExperimenterMultipartRequest)
    raise Refusal(
        errors.BAD_REQUEST_BAD_EXPERIMENTER, f"question of experimenter {message.experimenter:#x}"
    )


def table_features_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """What the sliver's tables can do; with entries it is to set that (OpenFlow 1.3.5 7.3.5.5)."""
    message = tenant.read(frame)
    assert isinstance(message, TableFeaturesRequest)
    if message.entries and tenant.is_watcher:
        raise Refusal(errors.BAD_REQUEST_IS_SLAVE, "table features from a watcher")
    plan = tenant.datapath.enforcement.table_features(tenant.sliver, message)
    tenant.carry_out(frame, plan, now)


def packet_out(tenant: Tenant, frame: bytes, now: float) -> None:
    """Send one packet as the slice."""
    translated_frame = tenant.datapath.enforcement.packet_out_frame(tenant.sliver, frame)
    if translated_frame is not None:
        tenant.pass_on(PACKET_OUT, frame, translated_frame)
        return
    message = tenant.read(frame)
    assert isinstance(message, PacketOut)
    translated = tenant.datapath.enforcement.packet_out(tenant.sliver, message)
    tenant.carry_out(frame, Forward(translated), now)


def port_mod(tenant: Tenant, frame: bytes, now: float) -> None:
    """Configure one of the sliver's ports, for the sliver."""
    message = tenant.read(frame)
    assert isinstance(message, PortMod)
    plan = tenant.datapath.enforcement.port_mod(tenant.sliver, message)
    tenant.carry_out(frame, plan, now)
    tenant.datapath.refresh_slivers(by=tenant)
    if tenant.datapath.enforcement.sends_port_configs:
        tenant.datapath.overtaken(now)


def desc_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """The datapath's own description (OpenFlow 1.3.5 7.3.5.1): a sliver is such a switch."""
    desc: DescReply = tenant.datapath.desc
    tenant.send(replace(desc, xid=tenant.read(frame).xid))


def port_desc_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """The sliver's ports (OpenFlow 1.3.5 7.3.5.7)."""
    xid = tenant.read(frame).xid
    for part in in_parts(PortDescReply(xid, _ports(tenant))):
        tenant.send(part)


def queue_get_config_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """The queues of the sliver's ports."""
    message = tenant.read(frame)
    assert isinstance(message, QueueGetConfigRequest)
    tenant.send(queues.config(tenant.sliver, message))


def queue_stats_request(tenant: Tenant, frame: bytes, now: float) -> None:
    """Their counters."""
    message = tenant.read(frame)
    assert isinstance(message, QueueStatsRequest)
    tenant.send(queues.stats(tenant.sliver, message))


_CHANGED: Mapping[Kind, Callable[[Enforcement, Sliver, Any], Plan]] = {
    Kind.GROUP_MOD: lambda by, sliver, asked: by.group_mod(sliver, asked),
    Kind.METER_MOD: lambda by, sliver, asked: by.meter_mod(sliver, asked),
}
"""What the enforcement alone has to say something about: what it is asked of a request."""

_READ: Mapping[Kind, Callable[[Enforcement, Sliver, Any], Plan]] = {
    Kind.GROUP_STATS_REQUEST: lambda by, sliver, asked: by.group_stats(sliver, asked),
    Kind.GROUP_DESC_REQUEST: lambda by, sliver, asked: by.group_desc(sliver),
    Kind.METER_STATS_REQUEST: lambda by, sliver, asked: by.meter_stats(sliver, asked),
    Kind.METER_CONFIG_REQUEST: lambda by, sliver, asked: by.meter_config(sliver, asked),
    Kind.METER_FEATURES_REQUEST: lambda by, sliver, asked: by.meter_features(),
    Kind.FLOW_STATS_REQUEST: lambda by, sliver, asked: by.flow_stats(sliver, asked),
    Kind.AGGREGATE_REQUEST: lambda by, sliver, asked: by.aggregate(sliver, asked),
    Kind.TABLE_STATS_REQUEST: lambda by, sliver, asked: by.table_stats(sliver, asked.xid),
    Kind.PORT_STATS_REQUEST: lambda by, sliver, asked: by.port_stats(sliver, asked),
}
"""Likewise, of requests that change nothing."""


ROUTES: Mapping[Kind, Route[Tenant]] = {
    Kind.ERROR: Route(error, for_watchers=True),
    Kind.ECHO_REQUEST: Route(echo_request, is_own=True, for_watchers=True),
    Kind.ECHO_REPLY: Route(echo_reply, for_watchers=True),
    Kind.FEATURES_REQUEST: Route(features_request, is_own=True, for_watchers=True),
    Kind.GET_CONFIG_REQUEST: Route(get_config_request, is_own=True, for_watchers=True),
    Kind.SET_CONFIG: Route(set_config, is_own=True, for_watchers=True),
    Kind.ROLE_REQUEST: Route(role_request, is_own=True, for_watchers=True),
    Kind.GET_ASYNC_REQUEST: Route(get_async_request, is_own=True, for_watchers=True),
    Kind.SET_ASYNC: Route(set_async, is_own=True, for_watchers=True),
    Kind.TABLE_MOD: Route(table_mod),
    Kind.BARRIER_REQUEST: Route(barrier_request, for_watchers=True),
    Kind.FLOW_MOD: Route(flow_mod, run=runs.requests),
    Kind.GROUP_FEATURES_REQUEST: Route(group_features_request, for_watchers=True),
    Kind.EXPERIMENTER: Route(experimenter, for_watchers=True),
    Kind.EXPERIMENTER_MULTIPART_REQUEST: Route(experimenter_multipart_request, for_watchers=True),
    Kind.TABLE_FEATURES_REQUEST: Route(table_features_request, for_watchers=True),
    Kind.PACKET_OUT: Route(packet_out, run=runs.requests),
    Kind.PORT_MOD: Route(port_mod),
    Kind.DESC_REQUEST: Route(desc_request, is_own=True, for_watchers=True),
    Kind.PORT_DESC_REQUEST: Route(port_desc_request, is_own=True, for_watchers=True),
    Kind.QUEUE_GET_CONFIG_REQUEST: Route(queue_get_config_request, is_own=True, for_watchers=True),
    Kind.QUEUE_STATS_REQUEST: Route(queue_stats_request, is_own=True, for_watchers=True),
    **{kind: Route(_planned(ask), for_watchers=True) for kind, ask in _READ.items()},
    **{kind: Route(_planned(ask)) for kind, ask in _CHANGED.items()},
}
"""What a tenant controller may send, once it has said hello."""

_NOT_FOR_WATCHERS = frozenset(kind for kind, route in ROUTES.items() if not route.for_watchers)


def forbidden(role: int, *, is_watcher: bool) -> frozenset[Kind]:
    """What a controller of this role, or a watcher, is refused with IS_SLAVE (6.3.4)."""
    if is_watcher:
        return _NOT_FOR_WATCHERS
    return CHANGES if role == of.OFPCR_ROLE_SLAVE else frozenset()

"""What a datapath may send, and what becomes of it.

One row a kind of message. Replies find their asker by xid; asynchronous messages find their slice
by the tag they bear. Invariant: a message that names no slice reaches no tenant.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.header import xid_of
from slicer.openflow.kinds import BARRIER_REPLY, BARRIER_REQUEST, Kind
from slicer.openflow.messages import (
    EchoReply,
    EchoRequest,
    ErrorMessage,
    FlowRemoved,
    PortStatus,
)
from slicer.proxy import runs
from slicer.proxy.notice import Notice
from slicer.proxy.routes import AFTER_HELLO, Route, State

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath

log = logging.getLogger(__name__)

_REPLY_TO = {
    kind: Kind[kind.name.removesuffix("REPLY") + "REQUEST"]
    for kind in Kind
    if kind.name.endswith("_REPLY")
}


def echo_request(datapath: Datapath, frame: bytes, now: float) -> None:
    """Answer with the same data (OpenFlow 1.3.5 7.5.3)."""
    message = datapath.read(frame)
    assert isinstance(message, EchoRequest)
    datapath.send(EchoReply(message.xid, message.data))


def echo_reply(datapath: Datapath, frame: bytes, now: float) -> None:
    """The peer has been heard from, which is noted for any data."""


def error(datapath: Datapath, frame: bytes, now: float) -> None:
    """Give the error to whoever's request it is about."""
    message = datapath.read(frame)
    assert isinstance(message, ErrorMessage)
    request = datapath.pending.get(message.xid)
    if request is None and message.xid in datapath.of_bundles:
        late = datapath.of_bundles[message.xid]
        late.asker.failed(late, message, now)
        return
    if request is None:
        text = errors.describe(message.type, message.code)
        log.warning("%s: error %s about no request (xid %#x)", datapath, text, message.xid)
        return
    datapath.pending.close(message.xid)
    request.asker.failed(request, message, now)


def reply(datapath: Datapath, frame: bytes, now: float) -> None:
    """Give the reply to whoever asked."""
    xid = xid_of(frame)
    request = datapath.pending.get(xid)
    kind = datapath.kind(frame)
    if request is None:
        log.warning("%s: %s to no request (xid %#x)", datapath, kind.name, xid)
        return
    if _REPLY_TO[kind] is not request.kind:
        datapath.fail(errors.BAD_REQUEST_BAD_TYPE, f"{kind.name} in answer to {request.kind.name}")
        return
    if request.asker.answered(request, kind, frame, now):
        datapath.pending.close(xid)


def experimenter(datapath: Datapath, frame: bytes, now: float) -> None:
    """An answer about a bundle; the slicer asks for nothing else of an experimenter's."""
    request = datapath.pending.get(xid_of(frame))
    if request is None or request.kind is not Kind.EXPERIMENTER:
        log.warning("%s: an experimenter's message that nobody has asked for", datapath)
        return
    if request.asker.answered(request, Kind.EXPERIMENTER, frame, now):
        datapath.pending.close(xid_of(frame))


def barrier_reply(datapath: Datapath, frame: bytes, now: float) -> None:
    """All that was sent before the barrier has been answered."""
    xid = xid_of(frame)
    request = datapath.pending.get(xid)
    if request is not None and request.kind is BARRIER_REQUEST:
        datapath.pending.barrier_passed(xid, now)
        request.asker.answered(request, BARRIER_REPLY, frame, now)
        datapath.caught_up()
    else:
        reply(datapath, frame, now)


def packet_in(datapath: Datapath, frame: bytes, now: float) -> None:
    """Give the packet to the slice whose tag it bears, or, if it is LLDP, whose seal."""
    tagged = datapath.enforcement.packet_in(frame)
    if tagged is None:
        _discovered(datapath, frame)
        return
    tag, notice = tagged
    sliver = datapath.by_tag.get(tag)
    if sliver is None:
        datapath.counters["dropped: packet-in of no slice"] += 1
    elif notice is None:
        sliver.counters["dropped: packet-in that is not wanted"] += 1
    else:
        sliver.offer(notice)


def _discovered(datapath: Datapath, frame: bytes) -> None:
    found = datapath.enforcement.discovered(frame)
    if found is None:
        datapath.counters["dropped: packet-in of no slice"] += 1
        return
    slice_name, port, data = found
    sliver = datapath.slivers.get(slice_name)
    if sliver is None or not sliver.owns_port(port):
        datapath.counters["dropped: LLDP of a slice that isn't there"] += 1
        return
    if sliver.ports[port].config & (of.OFPPC_PORT_DOWN | of.OFPPC_NO_RECV):
        sliver.counters["dropped: LLDP at a port that receives nothing"] += 1
        return
    datapath.order(datapath.enforcement.enter(sliver, port, data))


def flow_removed(datapath: Datapath, frame: bytes, now: float) -> None:
    """Tell the slice whose flow it was; mend the datapath if it was one of the slicer's own."""
    message = datapath.read(frame)
    assert isinstance(message, FlowRemoved)
    if datapath.enforcement.is_own(message):
        if not datapath.is_synchronising:
            log.warning("%s: somebody removed a flow of the slicer's; mending", datapath)
            datapath.synchronise(now)
        return
    tagged = datapath.enforcement.flow_removed(message)
    sliver = datapath.by_tag.get(tagged[0]) if tagged else None
    if tagged is None or sliver is None:
        datapath.counters["dropped: flow-removed of no slice"] += 1
    elif tagged[1] is not None:
        sliver.offer(Notice.of(tagged[1]))


def port_status(datapath: Datapath, frame: bytes, now: float) -> None:
    """Keep the ports up to date; slivers tell their tenants."""
    message = datapath.read(frame)
    assert isinstance(message, PortStatus)
    port = message.desc
    before = datapath.ports.get(port.port_no)
    if message.reason == of.OFPPR_DELETE:
        datapath.ports.pop(port.port_no, None)
        renumbered = before is not None
    else:
        datapath.ports[port.port_no] = port
        renumbered = before is None or before.name != port.name
    if datapath.state is State.READY or datapath.is_synchronising:
        datapath.ports_changed(renumbered, now)


ROUTES: Mapping[Kind, Route[Datapath]] = {
    Kind.ECHO_REQUEST: Route(echo_request, AFTER_HELLO),
    Kind.ECHO_REPLY: Route(echo_reply, AFTER_HELLO),
    Kind.ERROR: Route(error, AFTER_HELLO),
    Kind.EXPERIMENTER: Route(experimenter, AFTER_HELLO),
    Kind.FEATURES_REPLY: Route(reply, AFTER_HELLO),
    Kind.BARRIER_REPLY: Route(barrier_reply, AFTER_HELLO),
    Kind.GET_CONFIG_REPLY: Route(reply, AFTER_HELLO),
    Kind.DESC_REPLY: Route(reply, AFTER_HELLO),
    Kind.PORT_DESC_REPLY: Route(reply, AFTER_HELLO),
    Kind.FLOW_STATS_REPLY: Route(reply, AFTER_HELLO),
    Kind.AGGREGATE_REPLY: Route(reply, AFTER_HELLO),
    Kind.PORT_STATS_REPLY: Route(reply, AFTER_HELLO),
    Kind.GROUP_STATS_REPLY: Route(reply, AFTER_HELLO),
    Kind.GROUP_FEATURES_REPLY: Route(reply, AFTER_HELLO),
    Kind.GROUP_DESC_REPLY: Route(reply, AFTER_HELLO),
    Kind.METER_STATS_REPLY: Route(reply, AFTER_HELLO),
    Kind.QUEUE_STATS_REPLY: Route(reply, AFTER_HELLO),
    Kind.METER_CONFIG_REPLY: Route(reply, AFTER_HELLO),
    Kind.METER_FEATURES_REPLY: Route(reply, AFTER_HELLO),
    Kind.TABLE_FEATURES_REPLY: Route(reply, AFTER_HELLO),
    Kind.PACKET_IN: Route(packet_in, AFTER_HELLO, run=runs.packet_ins),
    Kind.FLOW_REMOVED: Route(flow_removed, AFTER_HELLO),
    Kind.PORT_STATUS: Route(port_status, AFTER_HELLO),
}
"""What a datapath may send, and when."""

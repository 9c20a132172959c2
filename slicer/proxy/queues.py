"""Queues: what a sliver says of the queues of its ports, which is that there are none.

Queues that a switch's port has are the operator's, and serve every slice that has the port; no
policy gives any to a slice (decision 011). The answers are those of Open vSwitch for ports without
queues. Invariant: nothing here depends on what the datapath's ports have.
"""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import QueueGetConfigReply, QueueGetConfigRequest
from slicer.openflow.multipart import QueueStatsReply, QueueStatsRequest
from slicer.proxy.pipeline.translate import check_port
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


def config(sliver: Sliver, asked: QueueGetConfigRequest) -> QueueGetConfigReply:
    """The queues of a port, or of all (OpenFlow 1.3.5 7.3.6). Raises Refusal. As Open vSwitch has
    it, OFPP_LOCAL is not asked about in this way."""
    _check(sliver, asked.port)
    if asked.port == of.OFPP_LOCAL:
        raise Refusal(errors.QUEUE_OP_FAILED_BAD_PORT, "queues of OFPP_LOCAL")
    return QueueGetConfigReply(asked.xid, asked.port)


def stats(sliver: Sliver, asked: QueueStatsRequest) -> QueueStatsReply:
    """The queues' counters (OpenFlow 1.3.5 7.3.5.8). Raises Refusal."""
    _check(sliver, asked.port_no)
    if asked.queue_id != of.OFPQ_ALL:
        raise Refusal(errors.QUEUE_OP_FAILED_BAD_QUEUE, f"queue {asked.queue_id}, there are none")
    return QueueStatsReply(asked.xid)


def _check(sliver: Sliver, port: int) -> None:
    check_port(port)
    if port != of.OFPP_ANY and not sliver.owns_port(port):
        raise Refusal(errors.QUEUE_OP_FAILED_BAD_PORT, f"port {port} is not the sliver's")

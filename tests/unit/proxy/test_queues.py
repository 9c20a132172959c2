"""Queues: a sliver answers as a switch whose ports have none."""

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import Message, QueueGetConfigReply, QueueGetConfigRequest
from slicer.openflow.multipart import QueueStatsReply, QueueStatsRequest
from slicer.openflow.v13 import V13
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import XID, error, hears, ports, ready_datapath, ready_tenant


def tenant() -> Tenant:
    """One whose sliver has port 1 and the local port."""
    connected = ready_tenant(ready_datapath())
    connected.sliver.ports = ports(1, of.OFPP_LOCAL)
    return connected


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (QueueGetConfigRequest(XID, 1), QueueGetConfigReply(XID, 1)),
        (QueueGetConfigRequest(XID, of.OFPP_ANY), QueueGetConfigReply(XID, of.OFPP_ANY)),
        (QueueStatsRequest(XID, 1), QueueStatsReply(XID)),
        (QueueStatsRequest(XID, of.OFPP_LOCAL), QueueStatsReply(XID)),
        (QueueStatsRequest(XID), QueueStatsReply(XID)),
    ],
)
def test_no_port_has_queues(asked: Message, answer: Message) -> None:
    assert hears(tenant(), asked) == [answer]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (QueueGetConfigRequest(XID, 2), errors.QUEUE_OP_FAILED_BAD_PORT),
        (QueueGetConfigRequest(XID, of.OFPP_LOCAL), errors.QUEUE_OP_FAILED_BAD_PORT),
        (QueueGetConfigRequest(XID, of.OFPP_ALL), errors.QUEUE_OP_FAILED_BAD_PORT),
        (QueueGetConfigRequest(XID, 0xFF00), errors.BAD_ACTION_BAD_OUT_PORT),
        (QueueStatsRequest(XID, 2), errors.QUEUE_OP_FAILED_BAD_PORT),
        (QueueStatsRequest(XID, 2, 7), errors.QUEUE_OP_FAILED_BAD_PORT),
        (QueueStatsRequest(XID, of.OFPP_ALL), errors.QUEUE_OP_FAILED_BAD_PORT),
        (QueueStatsRequest(XID, 0xFF00), errors.BAD_ACTION_BAD_OUT_PORT),
        (QueueStatsRequest(XID, 1, 0), errors.QUEUE_OP_FAILED_BAD_QUEUE),
        (QueueStatsRequest(XID, of.OFPP_ANY, 7), errors.QUEUE_OP_FAILED_BAD_QUEUE),
    ],
)
def test_what_a_switch_without_queues_refuses(asked: Message, why: ErrorCode) -> None:
    assert hears(tenant(), asked) == [error(why, V13.encode(asked))]

"""Tenants: what waits for a barrier or an operation of the same tenant's, and what doesn't."""

from collections.abc import Sequence

from slicer.openflow import errors
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    FlowMod,
    Message,
)
from slicer.openflow.multipart import PortStatsRequest
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Forward
from slicer.proxy.operation import OperationFailed, Steps
from slicer.proxy.outbox import OutboxLimits
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import (
    XID,
    FakeEnforcement,
    error,
    hears,
    ready_datapath,
    ready_tenant,
    said,
)

BARRIER = V13.encode(BarrierRequest(XID))
STATS = PortStatsRequest(XID)


def asked(tenant: Tenant) -> list[Message]:
    """What the datapath was asked since the last call."""
    return said(tenant.datapath.peer)


def replies(tenant: Tenant, *messages: Message) -> list[Message]:
    """What the tenant hears when the datapath says this."""
    for message in messages:
        tenant.datapath.handle(V13.encode(message), 2.0)
    return said(tenant.peer)


# ---- barriers ----


def test_what_the_slicer_answers_itself_waits_for_the_barrier_before_it() -> None:
    tenant = ready_tenant(ready_datapath())
    bad = V13.encode(BarrierReply(6))
    assert hears(tenant, BARRIER) == []
    assert tenant.peer.reads
    assert hears(tenant, EchoRequest(5)) == []
    assert not tenant.peer.reads
    assert hears(tenant, bad) == []
    assert replies(tenant, BarrierReply(1)) == [
        BarrierReply(XID),
        EchoReply(5),
        error(errors.BAD_REQUEST_BAD_TYPE, bad, xid=6),
    ]
    assert tenant.peer.reads


def test_every_barrier_before_it_counts_and_none_after() -> None:
    tenant = ready_tenant(ready_datapath())
    for message in (BarrierRequest(11), BarrierRequest(12), EchoRequest(5), BarrierRequest(13)):
        assert hears(tenant, message) == []
    assert asked(tenant) == [BarrierRequest(1), BarrierRequest(2)]
    assert replies(tenant, BarrierReply(1)) == [BarrierReply(11)]
    assert replies(tenant, BarrierReply(2)) == [BarrierReply(12), EchoReply(5)]
    assert asked(tenant) == [BarrierRequest(3)]
    assert replies(tenant, BarrierReply(3)) == [BarrierReply(13)]


def test_nothing_is_read_while_the_last_of_what_waited_waits_again() -> None:
    tenant = ready_tenant(ready_datapath())
    for message in (BarrierRequest(11), EchoRequest(5), BarrierRequest(12), EchoRequest(6)):
        hears(tenant, message)
    assert replies(tenant, BarrierReply(1)) == [BarrierReply(11), EchoReply(5)]
    assert not tenant.peer.reads
    assert replies(tenant, BarrierReply(2)) == [BarrierReply(12), EchoReply(6)]
    assert tenant.peer.reads


def test_what_the_datapath_answers_needs_not_wait() -> None:
    plan = Forward(FlowMod(0, table_id=9))
    tenant = ready_tenant(ready_datapath(FakeEnforcement(flow_mod=plan)))
    hears(tenant, BARRIER)
    hears(tenant, FlowMod(XID))
    assert asked(tenant) == [BarrierRequest(1), FlowMod(2, table_id=9)]


def test_a_barrier_that_the_datapath_refuses_holds_nothing_up() -> None:
    tenant = ready_tenant(ready_datapath())
    hears(tenant, BARRIER)
    hears(tenant, EchoRequest(5))
    refused = ErrorMessage(1, *errors.BAD_REQUEST_EPERM[:2], b"")
    assert replies(tenant, refused) == [error(errors.BAD_REQUEST_EPERM, BARRIER), EchoReply(5)]


# ---- operations ----


def two_steps() -> Steps[Sequence[Message]]:
    yield [EchoRequest(0, b"one")]
    yield [EchoRequest(0, b"two")]
    return [EchoReply(XID, b"first answer"), EchoReply(XID, b"second answer")]


def operating(plan: object = two_steps) -> Tenant:
    """A tenant whose operation has just begun, with `plan` for each port statistics request."""
    tenant = ready_tenant(ready_datapath(FakeEnforcement(port_stats=plan)))
    assert hears(tenant, STATS) == []
    return tenant


def finish_step(tenant: Tenant) -> list[Message]:
    """What the tenant hears when the datapath answers the last barrier that it was sent."""
    barriers = [each for each in asked(tenant) if isinstance(each, BarrierRequest)]
    return replies(tenant, BarrierReply(barriers[-1].xid))


def plan_of(*_: object) -> Steps[Sequence[Message]]:
    return two_steps()


def test_an_operations_answers_come_at_its_end_and_later_frames_wait() -> None:
    tenant = operating(plan_of)
    assert tenant.peer.reads
    assert hears(tenant, EchoRequest(5, b"later")) == []
    assert hears(tenant, BARRIER) == []
    assert not tenant.peer.reads
    assert finish_step(tenant) == []
    assert finish_step(tenant) == [
        EchoReply(XID, b"first answer"),
        EchoReply(XID, b"second answer"),
        EchoReply(5, b"later"),
    ]
    assert tenant.peer.reads
    assert [type(each) for each in asked(tenant)] == [BarrierRequest], "the tenant's own"


def test_what_came_during_one_operation_waits_for_the_next_one_in_the_same_order() -> None:
    tenant = operating(plan_of)
    hears(tenant, STATS)
    hears(tenant, EchoRequest(5, b"later"))
    finish_step(tenant)
    first = finish_step(tenant)
    hears(tenant, EchoRequest(6, b"latest"))
    assert len(first) == 2
    finish_step(tenant)
    assert finish_step(tenant)[2:] == [EchoReply(5, b"later"), EchoReply(6, b"latest")]


def test_another_tenant_does_not_wait_for_it() -> None:
    tenant = operating(plan_of)
    other = ready_tenant(tenant.datapath, 10)
    assert hears(other, EchoRequest(5)) == [EchoReply(5)]


def test_a_refused_operation_is_answered_with_the_datapaths_error() -> None:
    tenant = operating(plan_of)
    hears(tenant, EchoRequest(5))
    request = asked(tenant)
    failure = errors.BAD_REQUEST_BAD_LEN
    refused = ErrorMessage(request[0].xid, failure.type, failure.code, b"ours")
    assert replies(tenant, refused) == []
    assert replies(tenant, BarrierReply(request[1].xid)) == [
        error(failure, V13.encode(STATS)),
        EchoReply(5),
    ]


def test_an_operation_that_cant_go_on_is_answered_with_eperm() -> None:
    def steps(*_: object) -> Steps[Sequence[Message]]:
        yield [EchoRequest(0)]
        raise OperationFailed("it is not what it was")

    tenant = operating(steps)
    assert finish_step(tenant) == [error(errors.BAD_REQUEST_EPERM, V13.encode(STATS))]
    assert hears(tenant, EchoRequest(5)) == [EchoReply(5)]


def test_an_operation_that_needs_nothing_of_the_datapath_is_answered_at_once() -> None:
    def steps(*_: object) -> Steps[Sequence[Message]]:
        yield from ()
        return [EchoReply(XID, b"at once")]

    tenant = ready_tenant(ready_datapath(FakeEnforcement(port_stats=steps)))
    assert hears(tenant, STATS) == [EchoReply(XID, b"at once")]
    assert hears(tenant, EchoRequest(5)) == [EchoReply(5)]


def test_what_a_tenant_that_has_gone_said_meanwhile_is_forgotten() -> None:
    tenant = operating(plan_of)
    hears(tenant, FlowMod(XID))
    finish_step(tenant)
    tenant.peer.close("connection reset")
    tenant.closed("connection reset", 2.0)
    assert finish_step(tenant) == []
    assert asked(tenant) == []


def test_what_waits_behind_the_end_of_the_connection_is_lost() -> None:
    tenant = ready_tenant(ready_datapath(), outbox=OutboxLimits(0, 20))
    hears(tenant, BARRIER)
    for message in (EchoRequest(5), EchoRequest(6), STATS):
        hears(tenant, message)
    tenant.peer.backlog = 0
    asked(tenant)
    replies(tenant, BarrierReply(1))
    assert tenant.peer.close_reason == "24 bytes of answers wait, it does not read"
    assert asked(tenant) == []

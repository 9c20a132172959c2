"""The outbox: answers end a connection that doesn't read them, events are dropped."""

from collections import Counter

from slicer.isolation.limits import Limits
from slicer.proxy.outbox import Outbox, OutboxLimits
from slicer.proxy.settings import Settings
from tests.unit.proxy.parts import peer

LIMITS = OutboxLimits(events=10, replies=20)


def test_a_slices_limit_leaves_an_eighth_to_events() -> None:
    assert OutboxLimits.within(Settings(), Limits()) == OutboxLimits()
    assert OutboxLimits.within(Settings(), Limits(outbox_bytes=80_000)) == OutboxLimits(
        10_000, 80_000
    )


def test_of_many_events_those_are_sent_for_which_there_is_room() -> None:
    one, counters = peer(), Counter[str]()
    outbox = Outbox(one, LIMITS, counters)
    outbox.events([b"12345", b"67890"])
    assert (one.take_outgoing(), counters) == (b"1234567890", {})
    one.backlog = 6
    outbox.events([b"12345", b"67890", b"abcde"])
    assert one.take_outgoing() == b"12345"
    assert counters == {"dropped: outbox full": 2}


def test_an_answer_is_sent_before_the_connection_is_closed() -> None:
    one, counters = peer(), Counter[str]()
    outbox = Outbox(one, LIMITS, counters)
    outbox.answer(bytes(20))
    assert not one.is_closed
    outbox.answer(b"x")
    assert one.close_reason == "21 bytes of answers wait, it does not read"
    assert len(one.take_outgoing()) == 21
    assert counters == {"closed: did not read": 1}

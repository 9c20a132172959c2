"""Violations: whose drops a counter of the switch's is about, and what has grown."""

from slicer.openflow.actions import Output, PopQueue, SetQueue
from slicer.openflow.instructions import ApplyActions, MeterInstruction
from slicer.openflow.multipart import Counter, FlowStats, MeterStats, QueueStats
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.counted import NOT_COUNTED
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.violations import (
    BEYOND_DISCOVERY,
    BEYOND_PACKET_INS,
    BEYOND_SHARE,
    STAGES,
    Violations,
)

TAG = 5


def flow(stage: Stage, packets: int, tag: int = TAG, meter: int | None = None) -> FlowStats:
    """A flow of the slicer's that has met so many packets."""
    instructions = (ApplyActions(()),) if meter is None else (MeterInstruction(meter),)
    cookie = int(StageCookie(stage, tag))
    return FlowStats(253, 0, 0, stage, 0, 0, 0, cookie, packets, 0, Match(), instructions)


def meter(number: int, dropped: int) -> MeterStats:
    """A meter that has dropped so many packets."""
    return MeterStats(number, 1, 100, 0, 0, 0, (Counter(dropped, 0),))


def test_what_was_dropped_before_the_first_audit_is_not_reported() -> None:
    subject = Violations()
    assert subject.grown([flow(Stage.STRAY, 100)], [meter(layout.packet_in_meter(TAG), 9)]) == {}
    assert subject.grown([flow(Stage.STRAY, 100)], [meter(layout.packet_in_meter(TAG), 9)]) == {}


def test_each_stage_that_drops_counts_for_the_slice_that_its_cookie_names() -> None:
    subject = Violations()
    subject.grown([], [])
    flows = [flow(stage, number) for number, stage in enumerate(STAGES, 1)]
    assert subject.grown(flows, []) == {
        (TAG, why): number for number, why in enumerate(STAGES.values(), 1)
    }


def test_only_what_has_grown_is_reported_and_a_counter_that_fell_began_anew() -> None:
    subject = Violations()
    whose = (TAG, STAGES[Stage.STRAY])
    subject.grown([flow(Stage.STRAY, 10)], [])
    assert subject.grown([flow(Stage.STRAY, 13)], []) == {whose: 3}
    assert subject.grown([flow(Stage.STRAY, 2)], []) == {whose: 2}
    assert subject.grown([], []) == {}
    assert subject.grown([flow(Stage.STRAY, 4)], []) == {whose: 4}


def test_flows_that_do_not_drop_and_flows_of_others_count_for_nothing() -> None:
    subject = Violations()
    subject.grown([], [])
    foreign = FlowStats(0, 0, 0, 1, 0, 0, 0, 0xBAD, 7, 0, Match(), ())
    assert subject.grown([flow(Stage.EMIT, 5), flow(Stage.OWNER, 6), foreign], []) == {}


def test_meters_count_for_the_slice_they_hold_back() -> None:
    subject = Violations()
    subject.grown([], [])
    of_port = layout.FIRST_PORT_METER + 3
    drops = [
        meter(of_port, 1),
        meter(layout.packet_in_meter(7), 2),
        meter(layout.discovery_meter(1), 3),
        meter(12, 4),
    ]
    assert subject.grown([flow(Stage.EMIT, 5, meter=of_port)], drops) == {
        (TAG, BEYOND_SHARE): 1,
        (7, BEYOND_PACKET_INS): 2,
        (layout.NO_TAG, BEYOND_DISCOVERY): 3,
    }


def test_queues_count_for_the_slice_that_takes_them_at_their_port() -> None:
    def emit(tag: int, port: int, queue: int) -> FlowStats:
        cookie = int(StageCookie(Stage.EMIT, tag, port))
        taken = ApplyActions((SetQueue(queue), Output(port), PopQueue()))
        return FlowStats(253, 0, 0, 1, 0, 0, 0, cookie, 9, 0, Match(), (taken,))

    def queue(port: int, number: int, dropped: int) -> QueueStats:
        return QueueStats(port, number, 1000, 10, dropped, 1, 0)

    subject = Violations()
    flows = [emit(5, 1, 1), emit(6, 1, 2), emit(5, 2, 1)]
    subject.grown(flows, [queue(1, 1, 100)])
    drops = [queue(1, 1, 103), queue(1, 2, 4), queue(2, 1, 5), queue(1, 7, 99), queue(3, 1, 99)]
    drops.append(queue(2, 1, NOT_COUNTED))
    assert subject.grown(flows, drops) == {(5, BEYOND_SHARE): 8, (6, BEYOND_SHARE): 4}

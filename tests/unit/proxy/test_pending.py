"""Pending requests: the xids they go out under, and when each entry leaves."""

import pytest

from slicer.openflow.header import xid_of
from slicer.openflow.kinds import Kind
from slicer.proxy.pending import BARRIER_EVERY, LAST_XID, PendingRequests, Request, Run
from tests.unit.proxy.parts import Recorder


def request(asker: Recorder, xid: int = 7, kind: Kind = Kind.DESC_REQUEST) -> Request:
    return Request(asker, xid, kind)


def test_every_request_has_an_xid_of_its_own() -> None:
    pending, asker = PendingRequests(), Recorder()
    xids = [pending.open(request(asker)) for _ in range(5)]
    assert xids == [1, 2, 3, 4, 5]
    assert len(pending) == 5


def test_an_entry_is_found_until_it_is_closed() -> None:
    pending, asked = PendingRequests(), request(Recorder(), 0x99)
    xid = pending.open(asked)
    assert pending.get(xid) is asked
    assert pending.get(0x99) is None
    pending.close(xid)
    assert pending.get(xid) is None
    assert len(pending) == 0


def test_an_xid_that_was_used_is_not_used_again_soon() -> None:
    pending, asker = PendingRequests(), Recorder()
    for expected in range(1, 10):
        xid = pending.open(request(asker))
        assert xid == expected
        pending.close(xid)


def test_how_much_is_kept_for_quoting_is_known() -> None:
    pending, asker = PendingRequests(), Recorder()
    quoting = Request(asker, 7, Kind.FLOW_MOD, b"four")
    first = pending.open(quoting)
    for _ in range(3):
        pending.open(quoting)
    assert pending.quoted == 16
    pending.close(first)
    assert pending.quoted == 12
    barrier = pending.open(request(asker, 8, Kind.BARRIER_REQUEST))
    pending.open(quoting)
    pending.barrier_passed(barrier, 1.0)
    assert pending.quoted == 4


def test_after_the_last_xid_comes_the_first_that_is_free() -> None:
    pending, asker = PendingRequests(), Recorder()
    live = [pending.open(request(asker)) for _ in range(2)]
    pending._next_xid = LAST_XID - 1
    assert [pending.open(request(asker)) for _ in range(3)] == [LAST_XID - 1, LAST_XID, 3]
    assert live == [1, 2]


def test_a_live_last_xid_is_stepped_over() -> None:
    pending, asker = PendingRequests(), Recorder()
    pending._next_xid = LAST_XID
    assert pending.open(request(asker)) == LAST_XID
    pending._next_xid = LAST_XID
    assert pending.open(request(asker)) == 1


def test_a_barrier_makes_all_that_went_before_it_leave_oldest_first() -> None:
    pending, asker = PendingRequests(), Recorder()
    for xid in (11, 12):
        pending.open(request(asker, xid))
    barrier = pending.open(request(asker, 13, Kind.BARRIER_REQUEST))
    later = pending.open(request(asker, 14))
    pending.barrier_passed(barrier, 1.0)
    assert asker.heard == [("passed", 11), ("passed", 12)]
    assert len(pending) == 1
    assert pending.get(later) is not None


def test_a_barrier_passes_what_was_sent_before_it_after_a_wrap_too() -> None:
    pending, asker = PendingRequests(), Recorder()
    pending._next_xid = LAST_XID
    pending.open(request(asker, 21))
    barrier = pending.open(request(asker, 22, Kind.BARRIER_REQUEST))
    assert barrier == 1
    pending.barrier_passed(barrier, 1.0)
    assert asker.heard == [("passed", 21)]


def test_a_barrier_that_nobody_waits_for_is_an_error_of_the_caller() -> None:
    pending = PendingRequests()
    pending.open(request(Recorder()))
    with pytest.raises(KeyError, match="no barrier is pending under xid 9"):
        pending.barrier_passed(9, 0.0)
    assert len(pending) == 1


def test_a_barrier_of_the_slicers_is_due_after_so_many_messages_without_one() -> None:
    pending, asker = PendingRequests(), Recorder()
    for _ in range(BARRIER_EVERY - 1):
        pending.open(request(asker))
        assert not pending.wants_barrier
    pending.open(request(asker))
    assert pending.wants_barrier
    for _ in range(2):
        pending.open(request(asker, kind=Kind.BARRIER_REQUEST))
        assert not pending.wants_barrier
    for _ in range(BARRIER_EVERY - 1):
        pending.open(request(asker))
    assert not pending.wants_barrier


# ---- runs ----


class RunRecorder(Recorder):
    """Asks for runs of frames that are nothing but a header."""

    def request(self, frame: bytes) -> Request:
        return Request(self, xid_of(frame), Kind.FLOW_MOD, frame)

    def run_passed(self, count: int, now: float) -> None:
        self.heard.append(("passed", count))


def run(asker: RunRecorder, count: int) -> Run:
    frames = [bytes.fromhex("040e0008") + (90 + each).to_bytes(4, "big") for each in range(count)]
    return Run(asker, frames, 8 * count)


def test_each_of_a_run_is_found_under_an_xid_of_its_own() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    before = pending.open(request(asker))
    assert pending.next_run()[:3] == range(2, 5)
    pending.open_run(run(asker, 3))
    after = pending.open(request(asker))
    assert (before, after, len(pending), pending.quoted) == (1, 5, 5, 24)
    found = [pending.get(xid) for xid in (2, 3, 4)]
    assert [each.xid if each else None for each in found] == [90, 91, 92]
    assert pending.get(6) is None


def test_each_of_a_run_is_undone_under_the_xid_that_it_was_sent_under() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    asked, undone = run(asker, 3), list[int]()
    asked.undo = undone.append
    pending.open_run(asked)
    for xid in (3, 1):
        found = pending.get(xid)
        assert found is not None
        assert found.undo is not None
        found.undo()
    assert undone == [3, 1]


def test_one_of_a_run_leaves_with_its_error_and_the_rest_with_a_barrier() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    pending.open_run(run(asker, 3))
    pending.close(2)
    assert pending.get(2) is None
    assert (len(pending), pending.quoted) == (2, 16)
    barrier = pending.open(request(asker, kind=Kind.BARRIER_REQUEST))
    pending.barrier_passed(barrier, 1.0)
    assert asker.heard == [("passed", 2)]
    assert (len(pending), pending.quoted) == (0, 0)
    with pytest.raises(KeyError, match="no request is pending under xid 2"):
        pending.close(2)


def test_a_run_that_was_refused_as_a_whole_is_forgotten() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    pending.open_run(run(asker, 2))
    for xid in (1, 2):
        pending.close(xid)
    assert (pending._entries, pending._runs, len(pending), pending.quoted) == ({}, [], 0, 0)


def test_a_run_ends_where_a_barrier_is_due() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    pending.open(request(asker))
    assert len(pending.next_run()) == BARRIER_EVERY - 1
    pending.open_run(run(asker, BARRIER_EVERY - 1))
    assert pending.wants_barrier
    assert len(pending.next_run()) == 0


def test_a_run_steps_over_what_is_live() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    pending.open_run(run(asker, 3))
    pending._next_xid = LAST_XID
    pending.open(request(asker))
    assert pending.next_run()[0] == 4
    pending.close(2)
    pending._next_xid = LAST_XID + 1
    assert pending.next_run()[0] == 4, "the rest of the run is live"
    for xid in (1, 3):
        pending.close(xid)
    pending._next_xid = LAST_XID + 1
    assert pending.next_run()[:3] == range(1, 4)


def test_a_run_ends_before_an_xid_that_is_live() -> None:
    pending, asker = PendingRequests(), RunRecorder()
    for _ in range(3):
        pending.open(request(asker))
    pending.close(1)
    pending._next_xid = LAST_XID + 1
    assert pending.next_run() == range(1, 2)

"""Meter ids: which meter is whose, how long, and how the datapath remembers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import FlowMod, MeterMod
from slicer.openflow.multipart import FlowStats
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.meter_ids import MeterIds, MeterNote, read_note
from slicer.proxy.refusal import Refusal


def stored(flow: FlowMod) -> FlowStats:
    """The flow as a datapath tells of it."""
    return FlowStats(
        flow.table_id, 1, 0, flow.priority, 0, 0, flow.flags, flow.cookie, 0, 0, flow.match, ()
    )


def made(ids: MeterIds, tag: int, number: int) -> int:
    """A tenant has made a meter; its id on the datapath."""
    ids.claim(tag, number)
    ids.confirm(tag, number)
    found = ids.find(tag, number)
    assert found is not None
    return found


# ---- notes ----

notes = st.builds(
    MeterNote,
    st.integers(1, layout.MAX_TAG),
    st.integers(1, of.OFPM_MAX),
    st.integers(1, layout.LAST_TENANT_METER),
)


@given(notes)
def test_a_note_reads_as_it_was_written(note: MeterNote) -> None:
    assert read_note(stored(note.flow())) == note


@given(notes)
def test_no_packet_meets_a_note(note: MeterNote) -> None:
    owner = note.flow().match.get(layout.OWNER)
    assert isinstance(owner, int)
    assert owner > layout.MAX_TAG, "no owner has such a tag"


@given(notes, notes)
def test_one_flow_notes_one_of_a_tenants_ids(one: MeterNote, other: MeterNote) -> None:
    same = (one.tag, one.number) == (other.tag, other.number)
    assert (one.flow().match == other.flow().match) is same


@pytest.mark.parametrize("cookie", [0, int(StageCookie(Stage.EMIT, 5, 3))])
def test_other_flows_note_nothing(cookie: int) -> None:
    flow = MeterNote(5, 1, 3).flow()
    assert read_note(FlowStats(253, 1, 0, 0, 0, 0, 0, cookie, 0, 0, flow.match, ())) is None


# ---- claims ----


def test_two_tenants_ids_are_two_meters() -> None:
    ids = MeterIds()
    mine, theirs = made(ids, 5, 1), made(ids, 6, 1)
    assert mine != theirs
    assert (ids.owner(mine), ids.owner(theirs)) == ((5, 1), (6, 1))
    assert (ids.of(5), ids.of(6)) == ([1], [1])


def test_a_new_claim_is_to_be_noted_and_another_of_the_same_is_not() -> None:
    ids = MeterIds()
    assert ids.claim(5, 9) == MeterNote(5, 9, 1)
    assert ids.claim(5, 9) is None
    ids.confirm(5, 9)
    assert ids.claim(5, 9) is None


def test_a_refused_claim_leaves_nothing_unless_something_else_needs_it() -> None:
    ids = MeterIds()
    ids.claim(5, 9)
    ids.claim(5, 9)
    assert ids.withdraw(5, 9) is None, "the other claim"
    assert ids.withdraw(5, 9) == MeterNote(5, 9, 1)
    assert ids.find(5, 9) is None
    made(ids, 5, 9)
    ids.claim(5, 9)
    assert ids.withdraw(5, 9) is None, "the meter"


def test_a_meter_that_ends_leaves_nothing_unless_it_is_claimed_again() -> None:
    ids = MeterIds()
    physical = made(ids, 5, 9)
    ids.claim(5, 9)
    assert ids.end(5, 9) is None
    ids.confirm(5, 9)
    assert ids.end(5, 9) == MeterNote(5, 9, physical)
    assert (ids.find(5, 9), ids.owner(physical)) == (None, None)
    assert ids.end(5, 9) is None, "there is none"


def test_an_id_is_not_given_out_again_soon() -> None:
    ids = MeterIds()
    first = made(ids, 5, 1)
    ids.end(5, 1)
    assert made(ids, 6, 1) != first


def test_when_all_are_in_use_that_is_said_and_one_that_ends_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layout, "LAST_TENANT_METER", 3)
    ids = MeterIds()
    there = [made(ids, 5, number) for number in (1, 2, 3)]
    assert there == [1, 2, 3]
    with pytest.raises(Refusal) as refused:
        ids.claim(6, 1)
    assert refused.value.error == errors.METER_MOD_FAILED_OUT_OF_METERS
    assert ids.find(6, 1) is None
    ids.end(5, 2)
    assert made(ids, 6, 1) == 2


# ---- what the datapath holds ----


def test_what_is_noted_and_there_is_taken() -> None:
    ids = MeterIds()
    flows = [stored(MeterNote(5, 9, 3).flow()), stored(MeterNote(6, 9, 4).flow())]
    ids.load(flows, {1, 3, 4, 0x10000})
    assert (ids.owner(3), ids.owner(4), ids.owner(1)) == ((5, 9), (6, 9), None)
    assert [made(ids, 5, number) for number in (1, 2)] == [2, 5], "1 is somebody else's"


def test_a_note_without_its_meter_counts_for_nothing() -> None:
    ids = MeterIds()
    ids.load([stored(MeterNote(5, 9, 3).flow())], {1})
    assert ids.find(5, 9) is None
    assert list(ids.notes({5})) == [], "the flow is stale"


def test_a_meter_that_is_noted_twice_is_nobodys(caplog: pytest.LogCaptureFixture) -> None:
    ids = MeterIds()
    ids.load([stored(MeterNote(tag, 9, 3).flow()) for tag in (5, 6)], {3})
    assert (ids.owner(3), ids.find(5, 9), ids.find(6, 9)) == (None, None, None)
    assert "noted more than once" in caplog.text
    assert 3 not in [made(ids, 5, number) for number in range(1, 5)]


def test_the_notes_are_those_of_the_tags() -> None:
    ids = MeterIds()
    physical = made(ids, 5, 9)
    made(ids, 6, 9)
    assert list(ids.notes({5})) == [MeterNote(5, 9, physical).flow()]


def test_the_meters_of_a_slice_that_goes_go_with_it() -> None:
    ids = MeterIds()
    gone, stays = made(ids, 5, 9), made(ids, 6, 9)
    (deleted,) = ids.leave([5, 7])
    assert isinstance(deleted, MeterMod)
    assert (deleted.command, deleted.meter_id) == (of.OFPMC_DELETE, gone)
    assert (ids.owner(gone), ids.owner(stays)) == (None, (6, 9))
    assert ids.leave([5]) == []


def test_what_somebody_else_deletes_is_lost() -> None:
    ids = MeterIds()
    lost, kept = made(ids, 5, 1), made(ids, 5, 2)
    ids.claim(5, 3)
    assert ids.made() == {lost, kept}
    ids.lose({lost, 99})
    assert ids.of(5) == [2, 3]

"""Tags: read back from the datapath, kept, and given out only when nothing bears them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Note, Output
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import ApplyActions, GotoTable, WriteActions
from slicer.openflow.multipart import FlowStats, GroupDesc
from slicer.openflow.oxm import Match
from slicer.proxy.operation import OperationFailed
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.tags import TooManySlices, assign, note_of, read_bindings, tag_of_group
from slicer.proxy.pipeline.terms import note_of_group

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30)


def admit(tag: int, name: str | None, stage: Stage = Stage.ADMIT) -> FlowStats:
    """A flow of the slicer's own that bears a tag, and a name unless that is None."""
    actions: tuple[Action, ...] = (Output(1), note_of(name)) if name is not None else (Output(1),)
    cookie = int(StageCookie(stage, tag))
    instructions = (GotoTable(1), ApplyActions(actions))
    return FlowStats(0, 0, 0, 1, 0, 0, 0, cookie, 0, 0, Match(), instructions)


def own_group(tag: int, name: str | None, port: int = layout.FLOOD_PORT) -> GroupDesc:
    actions: tuple[Action, ...] = (note_of(name),) if name is not None else ()
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (*actions, Output(1)))
    return GroupDesc(of.OFPGT_ALL, layout.group_id(tag, port), (bucket,))


@given(names)
def test_a_note_is_as_long_as_a_switch_gives_it_back_and_names_the_slice(name: str) -> None:
    note = note_of(name)
    assert len(note.note) % 8 == 6
    assert read_bindings([admit(4, name)], []) == ({name: 4}, {4})


def test_flows_and_groups_both_name_their_slice() -> None:
    flows = [admit(1, "red"), admit(1, "red"), admit(2, "blue")]
    groups = [own_group(3, "green"), own_group(1, "red")]
    assert read_bindings(flows, groups) == ({"red": 1, "blue": 2, "green": 3}, {1, 2, 3})


def test_a_tag_without_a_name_is_seen() -> None:
    flows = [admit(4, None), admit(5, "red", Stage.EMIT)]
    assert read_bindings(flows, [own_group(6, None)]) == ({}, {4, 5, 6})


def test_only_applied_notes_of_admit_name_a_slice() -> None:
    written = replace(admit(4, None), instructions=(WriteActions((note_of("red"),)),))
    assert read_bindings([written], []) == ({}, {4})


def test_what_is_not_the_slicers_says_nothing() -> None:
    foreign = replace(admit(4, "red"), cookie=4 << 16)
    untagged = admit(0, "red", Stage.UNOWNED)
    group = replace(own_group(4, "red"), group_id=7, buckets=())
    assert read_bindings([foreign, untagged], [group]) == ({}, set())


def test_the_first_of_contradicting_notes_counts_and_flows_come_before_groups() -> None:
    flows = [admit(1, "red"), admit(2, "red"), admit(1, "blue")]
    bound, seen = read_bindings(flows, [own_group(3, "red"), own_group(4, "blue")])
    assert bound == {"red": 1, "blue": 4}
    assert seen == {1, 2, 3, 4}


def test_a_name_that_is_no_text_still_has_a_tag_that_is_seen() -> None:
    flow = replace(admit(4, None), instructions=(ApplyActions((Note(b"\xff\xfe\0\0\0\0"),)),))
    bound, seen = read_bindings([flow], [])
    assert seen == {4}
    assert set(bound.values()) == {4}


def test_the_tag_of_a_group_is_in_its_id_or_its_note() -> None:
    assert tag_of_group(own_group(9, None)) == 9
    noted = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (note_of_group(8, 1, {}), Output(1)))
    assert tag_of_group(GroupDesc(of.OFPGT_ALL, 7, (noted,))) == 8
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (Output(1),))
    assert tag_of_group(GroupDesc(of.OFPGT_ALL, 7, (bucket,))) is None
    assert tag_of_group(GroupDesc(of.OFPGT_ALL, 7)) is None


def test_a_slice_that_is_known_keeps_its_tag_and_others_get_the_lowest_that_nothing_bears() -> None:
    assert assign(["red", "blue", "green"], {"blue": 2, "gone": 3}, {1, 5}) == {
        "red": 4,
        "blue": 2,
        "green": 6,
    }


few = st.sampled_from("abcdefgh")
tag_to_name = st.dictionaries(st.integers(1, 12), few, max_size=6)


@given(
    st.lists(few, unique=True),
    tag_to_name.map(lambda given: {name: tag for tag, name in given.items()}),
    st.sets(st.integers(1, 12)),
)
def test_no_two_slices_have_one_tag_nor_one_that_was_anothers(
    slices: list[str], bound: dict[str, int], seen: set[int]
) -> None:
    found = assign(slices, bound, seen)
    assert list(found) == slices
    assert len(set(found.values())) == len(found)
    for name, tag in found.items():
        assert tag == bound.get(name, tag)
        assert name in bound or tag not in {*seen, *bound.values()}


def test_a_slice_too_many_ends_the_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_TAG", 2)
    assert assign(["a", "b"], {}, ()) == {"a": 1, "b": 2}
    with pytest.raises(TooManySlices, match="no tag is left for c, 2 are in use") as raised:
        assign(["a", "b", "c"], {}, ())
    assert isinstance(raised.value, OperationFailed)

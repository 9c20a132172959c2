"""Terms: which ids tenants' groups have on the datapath, how long, and that nobody shares one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Note, Output
from slicer.openflow.groups import Bucket
from slicer.openflow.multipart import GroupDesc
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.terms import GroupIds, Terms, note_of_group, read_note

NONE: frozenset[int] = frozenset()


def bucket(*actions: Action) -> Bucket:
    return Bucket(0, of.OFPP_ANY, of.OFPG_ANY, actions)


def group(number: int, *actions: Action) -> GroupDesc:
    """A group as a datapath describes it."""
    return GroupDesc(of.OFPGT_ALL, number, (bucket(*actions), bucket(Output(1))))


def made(ids: GroupIds, tag: int, number: int, *names: int) -> int:
    """A tenant has made a group that names others; its id on the datapath."""
    ids.change(tag, number, frozenset(names)).done()
    found = ids.find(tag, number)
    assert found is not None
    return found


# ---- notes ----

u32 = st.integers(0, 0xFFFF_FFFF)


@given(
    st.integers(1, layout.MAX_TAG),
    u32,
    st.dictionaries(u32, st.integers(1, layout.LAST_TENANT_GROUP), max_size=4),
)
def test_a_note_reads_as_it_was_written(tag: int, number: int, named: dict[int, int]) -> None:
    note = note_of_group(tag, number, named)
    assert len(note.note) % 8 == 6, "as a switch gives it back"
    found = read_note((bucket(note, Output(1)), bucket()))
    assert found is not None
    assert (found.tag, found.number, found.is_placeholder) == (tag, number, False)
    assert found.named == {physical: each for each, physical in sorted(named.items())}


def test_a_placeholder_says_that_it_is_one() -> None:
    found = read_note((bucket(note_of_group(5, 7, {}, placeholder=True)),))
    assert found is not None
    assert found.is_placeholder
    assert found.named == {}


@pytest.mark.parametrize(
    "buckets",
    [
        (),
        (bucket(),),
        (bucket(Output(1)),),
        (bucket(Output(1), Note(bytes(6))),),
        (bucket(Note(b"12345")),),
        (bucket(Note(bytes(7))),),
        (bucket(), bucket(Note(bytes(6)))),
    ],
)
def test_another_bucket_is_no_tenants(buckets: tuple[Bucket, ...]) -> None:
    assert read_note(buckets) is None


# ---- ids ----


def test_two_tenants_with_one_number_have_two_groups() -> None:
    ids = GroupIds()
    red, blue = made(ids, 5, 1), made(ids, 6, 1)
    assert red != blue
    assert (ids.find(5, 1), ids.find(6, 1)) == (red, blue)
    assert (ids.owner(red), ids.owner(blue)) == ((5, 1), (6, 1))
    assert ids.of(5) == [1]


def test_a_group_keeps_its_id_while_it_changes() -> None:
    ids = GroupIds()
    first = made(ids, 5, 1)
    assert made(ids, 5, 1, 2) == first


def test_what_nobody_asked_for_has_no_id() -> None:
    ids = GroupIds()
    assert ids.find(5, 1) is None
    assert ids.owner(1) is None
    assert ids.of(5) == []
    ids.end(5, 1)


def test_an_id_is_let_go_with_its_group() -> None:
    ids = GroupIds()
    physical = made(ids, 5, 1)
    ids.end(5, 1)
    assert ids.find(5, 1) is None
    assert ids.owner(physical) is None
    assert ids.of(5) == []


def test_a_group_counts_from_when_it_is_asked_for() -> None:
    ids = GroupIds()
    change = ids.change(5, 1, NONE)
    assert ids.of(5) == [1]
    change.undo()
    assert ids.of(5) == []
    assert ids.find(5, 1) is None


def test_a_change_that_is_refused_leaves_the_group_as_it_was() -> None:
    ids = GroupIds()
    physical = made(ids, 5, 1, 2)
    second = ids.find(5, 2)
    ids.change(5, 1, NONE).undo()
    assert ids.find(5, 1) == physical
    assert ids.find(5, 2) == second, "it still names it"
    assert ids.of(5) == [1]


def test_refusals_of_several_changes_under_way_leave_nothing_behind() -> None:
    ids = GroupIds()
    changes = [ids.change(5, 1, frozenset({number})) for number in (2, 3, 4)]
    for change in changes:
        change.undo()
    assert [ids.find(5, number) for number in (1, 2, 3, 4)] == [None] * 4


def test_a_group_asked_for_anew_while_it_is_deleted_is_there() -> None:
    ids = GroupIds()
    physical = made(ids, 5, 1)
    anew = ids.change(5, 1, NONE)
    ids.end(5, 1)
    anew.done()
    assert ids.find(5, 1) == physical
    assert ids.of(5) == [1]


# ---- groups that name groups ----


def test_a_group_that_is_named_has_an_id_before_it_is_there_and_after_it_has_gone() -> None:
    ids = GroupIds()
    made(ids, 5, 1, 2)
    promised = ids.find(5, 2)
    assert promised is not None
    assert ids.of(5) == [1], "it is not there yet"
    assert made(ids, 5, 2) == promised
    ids.end(5, 2)
    assert ids.find(5, 2) == promised, "the datapath's group 1 still names it"
    assert made(ids, 6, 9) != promised
    ids.end(5, 1)
    assert ids.find(5, 2) is None


def test_what_a_group_names_no_more_is_let_go_once_the_datapath_has_changed_it() -> None:
    ids = GroupIds()
    made(ids, 5, 1, 2)
    promised = ids.find(5, 2)
    change = ids.change(5, 1, frozenset({3}))
    assert ids.find(5, 2) == promised
    change.done()
    assert ids.find(5, 2) is None
    assert ids.find(5, 3) is not None


def test_a_group_may_name_itself() -> None:
    ids = GroupIds()
    made(ids, 5, 1, 1)
    ids.end(5, 1)
    assert ids.find(5, 1) is None


def test_which_groups_have_no_buckets_is_known() -> None:
    ids = GroupIds()
    ids.change(5, 1, NONE, is_empty=True).done()
    made(ids, 5, 2)
    assert ids.empty(5) == {1}
    assert ids.empty(6) == frozenset()
    pending = ids.change(5, 1, NONE)
    assert ids.empty(5) == frozenset()
    pending.undo()
    assert ids.empty(5) == {1}


# ---- what a datapath holds ----


def test_what_a_datapath_holds_is_taken_over() -> None:
    ids = GroupIds()
    ids.load(
        [
            group(40, note_of_group(5, 1, {})),
            group(41, note_of_group(6, 1, {}, placeholder=True)),
            group(0x8005_FFFB, Note(b"red\0\0\0")),
            group(1, Output(1)),
            group(2, Note(b"12345")),
        ]
    )
    assert (ids.find(5, 1), ids.find(6, 1)) == (40, 41)
    assert (ids.of(5), ids.of(6)) == ([1], [1])
    assert ids.empty(6) == {1}
    assert [ids.owner(each) for each in (1, 2, 0x8005_FFFB)] == [None] * 3
    given = {made(ids, 7, number) for number in range(50)}
    assert not given & {1, 2, 40, 41}, "ids of others are not given out"


def test_ids_that_groups_name_are_taken_over_too() -> None:
    before = GroupIds()
    physical = made(before, 5, 1, 2, 3)
    named = {number: found for number in (2, 3) if (found := before.find(5, number))}
    here = made(before, 5, 3)
    after = GroupIds()
    after.load([group(here, note_of_group(5, 3, {})), group(physical, note_of_group(5, 1, named))])
    for number in (1, 2, 3):
        assert after.find(5, number) == before.find(5, number)
    assert sorted(after.of(5)) == [1, 3]
    after.end(5, 1)
    assert after.find(5, 2) is None


numbers = st.integers(1, 4)
deeds = st.lists(
    st.tuples(
        st.sampled_from([5, 6]),
        numbers,
        st.frozensets(numbers, max_size=2),
        st.sampled_from(["make", "refuse", "begin", "end", "finish"]),
    ),
    max_size=25,
)


@given(deeds)
def test_no_id_is_anothers_while_a_group_that_the_datapath_has_names_it(
    script: list[tuple[int, int, frozenset[int], str]],
) -> None:
    ids = GroupIds()
    there: dict[tuple[int, int], dict[int, int]] = {}
    """What the datapath has: (tag, number) -> the ids that its buckets name, by number."""
    under_way: list[Callable[[], None]] = []

    def named(tag: int, names: frozenset[int]) -> dict[int, int]:
        return {number: found for number in names if (found := ids.find(tag, number))}

    def confirm() -> None:
        """The datapath confirms in the order in which it was asked."""
        while under_way:
            under_way.pop(0)()

    for tag, number, names, deed in script:
        if deed == "end":
            there.pop((tag, number), None)
            ids.end(tag, number)
        elif deed == "finish":
            confirm()
        else:
            change = ids.change(tag, number, names)
            if deed == "refuse":
                change.undo()
                continue
            there[tag, number] = named(tag, names)
            assert there[tag, number].keys() == names
            under_way.append(change.done)
            if deed == "make":
                confirm()
        for (owner, _), links in there.items():
            for other, physical in links.items():
                assert ids.owner(physical) == (owner, other)


# ---- groups in bundles ----


def test_a_bundled_group_has_ids_and_is_not_there_before_the_commit() -> None:
    ids = GroupIds()
    change = ids.change_later(5, 1, frozenset({2}), is_empty=True)
    assert ids.find(5, 1) is not None
    assert ids.find(5, 2) is not None
    assert (ids.of(5), ids.empty(5)) == ([], frozenset())
    change.done()
    assert (ids.of(5), ids.empty(5)) == ([1], frozenset({1}))
    ids.end(5, 1)
    assert [ids.find(5, number) for number in (1, 2)] == [None, None]


def test_a_bundled_change_that_is_not_committed_leaves_the_group_as_it_is() -> None:
    ids = GroupIds()
    physical = made(ids, 5, 1, 2)
    change = ids.change_later(5, 1, frozenset({3}), is_empty=True)
    assert ids.empty(5) == frozenset()
    change.undo()
    assert (ids.find(5, 1), ids.find(5, 3)) == (physical, None)
    assert ids.find(5, 2) is not None
    ids.change_later(5, 4, NONE).undo()
    assert ids.find(5, 4) is None


def test_what_was_sent_before_a_commit_and_confirmed_after_it_is_not_the_last() -> None:
    ids = GroupIds()
    bundled = ids.change_later(5, 1, frozenset({2}), is_empty=True)
    sent = ids.change(5, 1, frozenset({3}))
    bundled.done()
    sent.done()
    assert ids.empty(5) == {1}
    assert ids.find(5, 2) is not None
    assert ids.find(5, 3) is None


# ---- one sliver's terms ----


def test_a_tenant_reaches_groups_of_its_own_only() -> None:
    ids = GroupIds()
    red, blue = made(ids, 5, 1), made(ids, 6, 2)
    terms = Terms(5, ids)
    assert terms.group(1) == red
    assert terms.group(2) == terms.group(of.OFPG_MAX) == layout.NO_GROUP
    assert terms.tenants_group(red) == 1
    assert terms.tenants_group(blue) is None
    assert terms.tenants_group(9999) is None


@pytest.mark.parametrize("number", [of.OFPG_ALL, of.OFPG_ANY, of.OFPG_MAX + 1])
def test_numbers_that_no_group_can_have_stay_as_they_are(number: int) -> None:
    terms = Terms(5, GroupIds())
    assert terms.group(number) == number
    assert terms.tenants_group(number) == number


def test_the_id_of_no_group_is_never_given_out() -> None:
    ids = GroupIds()
    ids._next = layout.LAST_TENANT_GROUP
    assert made(ids, 5, 1) == layout.LAST_TENANT_GROUP
    assert made(ids, 5, 2) == 1
    assert layout.NO_GROUP not in (layout.LAST_TENANT_GROUP, 1)

"""Who owns a point: the fast answers are those of a scan, and clip agrees with owner."""

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from slicer.flowspace import Classifier, FlowSpace, Match, Point, Rule, TooManyPiecesError
from slicer.flowspace.overlaps import Overlaps
from tests.property.flowspace_values import (
    DPIDS,
    PORTS,
    SLICES,
    flowspaces,
    matches,
    points,
    points_near,
    rules,
)


def holds(rule: Rule, point: Point) -> bool:
    return (rule.ports is None or point.port in rule.ports) and rule.match.contains_point(point)


def clip(space: FlowSpace, name: str, match: Match) -> list[Match]:
    """A clip of few pieces; what needs more shows nothing that fewer do not."""
    try:
        return space.clip(name, match, limit=150)
    except TooManyPiecesError:
        reject()


def scanned_owner(space: FlowSpace, point: Point) -> str | None:
    return next((rule.slice for rule in space.rules if holds(rule, point)), None)


@given(st.lists(matches(), max_size=12), st.data())
def test_the_classifier_finds_what_a_scan_finds(entries: list[Match], data: st.DataObject) -> None:
    classifier = Classifier((match, index) for index, match in enumerate(entries))
    point = data.draw(points() | points_near(*entries, Match.ANY))
    scanned = next((i for i, match in enumerate(entries) if match.contains_point(point)), None)
    assert classifier.find(point) == scanned


@given(st.lists(rules(), max_size=8), st.data())
def test_the_owner_is_the_slice_of_the_first_rule_that_holds(
    some: list[Rule], data: st.DataObject
) -> None:
    space = FlowSpace(some)
    point = data.draw(points() | points_near(*(rule.match for rule in some), Match.ANY))
    assert space.owner(point) == scanned_owner(space, point)


@given(st.lists(rules(datapaths=True), max_size=8), st.sampled_from(DPIDS), st.data())
def test_on_a_datapath_only_its_rules_hold(
    some: list[Rule], dpid: int, data: st.DataObject
) -> None:
    point = data.draw(points() | points_near(*(rule.match for rule in some), Match.ANY))
    here = FlowSpace(rule for rule in some if rule.datapaths is None or dpid in rule.datapaths)
    assert FlowSpace(some).on(dpid).owner(point) == scanned_owner(here, point)


@given(st.lists(rules(), max_size=8), matches())
def test_overlaps_finds_what_a_test_of_every_region_finds(some: list[Rule], match: Match) -> None:
    found = list(Overlaps(some).of(match, lambda scope: scope.slice != "red"))
    tested = [
        (rank, rule, region)
        for rank, rule in enumerate(some)
        for region in rule.regions
        if rule.slice != "red" and region.overlaps(match)
    ]
    assert sorted(found, key=repr) == sorted(tested, key=repr)
    assert [hit[0] for hit in found] == sorted(hit[0] for hit in found)


@given(
    st.lists(rules(datapaths=True), max_size=8),
    matches(),
    st.none() | st.frozensets(st.integers(1, 3), max_size=3),
)
def test_overlaps_finds_what_holds_on_some_of_the_datapaths_asked_about(
    some: list[Rule], match: Match, datapaths: frozenset[int] | None
) -> None:
    found = list(Overlaps(some).of(match, lambda scope: scope.slice != "red", datapaths))
    tested = [
        (rank, rule, region)
        for rank, rule in enumerate(some)
        for region in rule.regions
        if rule.slice != "red" and region.overlaps(match) and rule.scope.meets(datapaths)
    ]
    assert sorted(found, key=repr) == sorted(tested, key=repr)
    assert [hit[0] for hit in found] == sorted(hit[0] for hit in found)


@settings(max_examples=200)
@given(st.lists(rules(datapaths=True), max_size=6))
def test_a_rule_is_covered_where_the_rules_before_it_leave_nothing(some: list[Rule]) -> None:
    space = FlowSpace(some)
    covered = {id(rule) for rule in space.covered()}
    for rank, rule in enumerate(space.rules):
        before = [each for each in space.rules[:rank] if each.scope.covers(rule.datapaths)]
        left, most = list(rule.regions), 0
        for region in (region for each in before for region in each.regions):
            left = [rest for piece in left for rest in piece.subtract(region)]
            most = max(most, len(left))
            if most >= 256:
                break  # that many are taken for something left over
        if most < 256:
            assert (id(rule) in covered) == (not left)


@given(flowspaces(), matches(), st.data())
def test_a_point_is_in_a_clip_iff_the_slice_owns_it(
    space: FlowSpace, match: Match, data: st.DataObject
) -> None:
    near = (match, *(rule.match for rule in space.rules))
    point = data.draw(points() | points_near(*near))
    for name in SLICES:
        pieces = clip(space, name, match)
        holding = [piece for piece in pieces if piece.contains_point(point)]
        assert len(holding) == int(match.contains_point(point) and space.owner(point) == name)
        assert all(match.contains(piece) for piece in pieces)


@given(flowspaces(), matches())
def test_clips_of_different_slices_are_disjoint(space: FlowSpace, match: Match) -> None:
    pieces = [piece for name in SLICES for piece in clip(space, name, match)]
    for index, piece in enumerate(pieces):
        assert not any(piece.overlaps(other) for other in pieces[index + 1 :])


@given(st.lists(rules(datapaths=True), max_size=6))
def test_conflicts_are_the_pairs_that_share_a_point_in_one_priority(some: list[Rule]) -> None:
    space = FlowSpace(some)
    found = {frozenset((id(c.rule_a), id(c.rule_b))) for c in space.conflicts()}
    for index, a in enumerate(some):
        for b in some[index + 1 :]:
            shared = any(x.overlaps(y) for x in a.regions for y in b.regions)
            together = a.scope.meets(b.datapaths)
            expected = a.priority == b.priority and a.slice != b.slice and shared and together
            assert (frozenset((id(a), id(b))) in found) == expected
    for conflict in space.conflicts():
        assert holds(conflict.rule_a, conflict.witness)
        assert holds(conflict.rule_b, conflict.witness)


@settings(max_examples=200)
@given(st.lists(rules(), max_size=6), st.data())
def test_a_covered_rule_never_decides(some: list[Rule], data: st.DataObject) -> None:
    space = FlowSpace(some)
    covered = {id(rule) for rule in space.covered()}
    if some:
        rule = data.draw(st.sampled_from(some))
        point = data.draw(points_near(rule.match))
        point = Point.of(False, **(dict(point) | {"port": data.draw(st.sampled_from(PORTS))}))
        first = next((each for each in space.rules if holds(each, point)), None)
        assert first is None or id(first) not in covered

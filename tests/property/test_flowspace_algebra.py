"""The algebra of matches is that of the sets of points they stand for."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import Match, Point
from tests.property.flowspace_values import matches, points, points_near


def anything(data: st.DataObject, *near: Match) -> Point:
    return data.draw(points() | points_near(*near))


@given(matches(), matches(), st.data())
def test_a_point_is_in_an_intersection_iff_it_is_in_both(
    a: Match, b: Match, data: st.DataObject
) -> None:
    both = a & b
    point = anything(data, a, b, *([both] if both else []))
    inside = both is not None and both.contains_point(point)
    assert inside == (a.contains_point(point) and b.contains_point(point))


@given(matches(), matches())
def test_matches_overlap_iff_their_intersection_has_a_witness(a: Match, b: Match) -> None:
    both = a & b
    assert a.overlaps(b) == (both is not None) == b.overlaps(a)
    if both is not None:
        assert a.contains_point(both.witness())
        assert b.contains_point(both.witness())


@given(matches())
def test_a_witness_is_a_packet_that_can_be(match: Match) -> None:
    witness = match.witness()
    assert match.contains_point(witness)
    assert Point.of(False, **dict(witness)) == witness


@given(matches(), matches(), st.data())
def test_a_difference_is_exact_and_its_pieces_are_disjoint(
    a: Match, b: Match, data: st.DataObject
) -> None:
    pieces = a.subtract(b)
    point = anything(data, a, b, *pieces)
    holding = [piece for piece in pieces if piece.contains_point(point)]
    assert len(holding) == int(a.contains_point(point) and not b.contains_point(point))
    assert all(a.contains(piece) for piece in pieces)
    assert not any(piece.overlaps(b) for piece in pieces)
    for index, piece in enumerate(pieces):
        assert not any(piece.overlaps(other) for other in pieces[index + 1 :])


@given(matches(), matches())
def test_one_match_contains_another_iff_nothing_is_left_of_that(a: Match, b: Match) -> None:
    assert a.contains(b) == (b.subtract(a) == [])


@given(matches(), matches())
def test_an_intersection_is_contained_in_both_and_is_its_own_canonical_form(
    a: Match, b: Match
) -> None:
    both = a & b
    if both is not None:
        assert a.contains(both)
        assert b.contains(both)
        assert Match.of(**both.fields) == both
        assert both == b & a


@given(matches())
def test_the_fields_of_a_match_build_it_again(match: Match) -> None:
    assert Match.of(**match.fields) == match
    assert match & match == match
    assert match & Match.ANY == match


@given(points())
def test_a_point_has_exactly_the_fields_that_apply_to_it(point: Point) -> None:
    assert Point.of(False, **dict(point)) == point

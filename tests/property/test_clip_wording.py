"""What OpenFlow 1.0 is told of a region is the region, and each packet of it once."""

from hypothesis import assume, given
from hypothesis import strategies as st

from slicer.flowspace import Match, Point
from slicer.openflow.messages import FlowMod
from slicer.openflow.v10 import V10
from slicer.proxy.clip.wording import Inexpressible, Vocabulary, express, region_of
from tests.property.flowspace_values import matches, points_near

LIMIT = 300


@given(
    st.data(),
    matches(),
    st.lists(matches(), max_size=2),
    st.builds(Vocabulary, st.booleans(), st.booleans()),
)
def test_the_words_for_a_region_are_the_region(
    data: st.DataObject, region: Match, others: list[Match], vocabulary: Vocabulary
) -> None:
    pieces = [region]
    for other in others:
        pieces = [rest for piece in pieces for rest in piece.subtract(other)]
    assume(pieces)
    piece = data.draw(st.sampled_from(pieces))
    try:
        words = express(piece, vocabulary, LIMIT)
    except Inexpressible:
        return
    assert 0 < len(words) <= LIMIT
    said = [region_of(each) for each in words]
    point: Point = data.draw(points_near(piece, region, *others))
    holding = sum(each.contains_point(point) for each in said)
    assert holding == piece.contains_point(point)
    for match in data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=3)):
        sent = V10.decode(V10.encode(FlowMod(0, priority=1, match=match)))
        assert isinstance(sent, FlowMod)
        assert region_of(sent.match) == region_of(match)

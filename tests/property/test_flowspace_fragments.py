"""Later fragments: nobody ever gets one that belongs to somebody else's packet."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import FIELDS, FlowSpace, Point
from slicer.flowspace.fragments import takes_later_fragments
from tests.property.flowspace_values import flowspaces, points, points_near


def later_fragment_of(point: Point) -> Point:
    """How Open vSwitch sees a later fragment of a packet."""
    kept = {name: value for name, value in point.items() if not FIELDS[name].transport}
    if kept["eth_type"] == 0x86DD:
        kept["ip_proto"] = 44
    return Point.of(True, **kept)


@given(flowspaces(), st.data())
def test_a_later_fragment_belongs_to_the_owner_of_its_packet_or_to_nobody(
    space: FlowSpace, data: st.DataObject
) -> None:
    point = data.draw(points() | points_near(*(rule.match for rule in space.rules)))
    if point["eth_type"] not in (0x0800, 0x86DD):
        return
    if any(rule.match.get("ip_proto") == (44, 255) for rule in space.rules):
        return  # a rule that asks for IPv6 fragments by name gets them
    owner = space.owner(later_fragment_of(point))
    assert owner in (space.owner(point), None)


@given(flowspaces(), st.data())
def test_only_a_hazard_takes_a_later_fragment_from_the_rules_that_can_hold_for_it(
    space: FlowSpace, data: st.DataObject
) -> None:
    point = data.draw(points(later_fragments=True))
    rules = FlowSpace(rule for rule in space.rules if takes_later_fragments(rule))
    hazards = space.fragment_hazards()
    first = next((r for r in rules.rules if any(x.contains_point(point) for x in r.regions)), None)
    drops = [h for h in hazards if any(x.contains_point(point) for x in h.regions)]
    dropped = first is not None and any(h.priority >= first.priority for h in drops)
    assert space.owner(point) == (None if first is None or dropped else first.slice)


@given(flowspaces())
def test_no_rule_that_can_hold_for_a_later_fragment_ties_with_a_hazard(space: FlowSpace) -> None:
    for hazard in space.fragment_hazards():
        assert hazard.priority >= hazard.rule.priority
        for rule in space.rules:
            if takes_later_fragments(rule) and rule.priority == hazard.priority:
                assert not any(a.overlaps(b) for a in rule.regions for b in hazard.regions)


@given(flowspaces())
def test_a_hazard_has_somebody_who_would_take_the_fragments(space: FlowSpace) -> None:
    for hazard in space.fragment_hazards():
        assert hazard.taker.slice != hazard.rule.slice
        assert takes_later_fragments(hazard.taker)
        assert any(a.overlaps(b) for a in hazard.taker.regions for b in hazard.regions)

"""Entitlements: shares held against a port's capacity."""

from fractions import Fraction

from slicer.isolation import Percent, Rate, Share
from slicer.isolation.entitlements import Bounds, PortShares, bounds

HALF = Percent(Fraction(50))


def test_bounds_in_bits_per_second() -> None:
    assert bounds(Share(), 100) == Bounds(0, 1, 100)
    assert bounds(Share(HALF, 3, Rate(60)), 99) == Bounds(49, 3, 60)
    assert bounds(Share(Rate(500), 1, Rate(600)), 100) == Bounds(100, 1, 100)


def test_a_slice_that_has_the_port_to_itself_is_not_held_back() -> None:
    assert PortShares(100, {"a": Share(share=3)}).limited == {}
    assert PortShares(100, {"a": Share(ceiling=HALF)}).limited == {"a": Bounds(0, 1, 50)}
    assert set(PortShares(100, {"a": Share(), "b": Share()}).limited) == {"a", "b"}


def test_where_no_capacity_is_known_only_ceilings_in_bits_hold() -> None:
    port = PortShares(None, {"a": Share(ceiling=HALF), "b": Share(ceiling=Rate(5)), "c": Share()})
    assert port.limited == {"b": Bounds(0, 1, 5)}
    assert port.is_vague
    assert not PortShares(None, {"b": Share(ceiling=Rate(5)), "c": Share()}).is_vague
    assert not PortShares(100, {"a": Share(guarantee=HALF)}).is_vague


def test_overbooked_says_by_how_much() -> None:
    shares = {"a": Share(HALF), "b": Share(Rate(60)), "c": Share()}
    assert PortShares(100, shares).overbooked == 10
    assert PortShares(120, shares).overbooked == 0
    assert PortShares(None, shares).overbooked == 0

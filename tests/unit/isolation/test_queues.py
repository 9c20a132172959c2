"""Queues: what each slice's is to have of a port."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from slicer.isolation import Percent, Rate, Share
from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.isolation.queues import MOST_CAPACITY, PortQueues, QueueRate, queues_of

THREE = {
    "red": Share(share=1),
    "blue": Share(guarantee=Percent(Fraction(40))),
    "green": Share(share=1, ceiling=Rate(50)),
}


def test_the_guarantee_and_a_part_of_the_rest_is_sure_and_the_ceiling_the_most() -> None:
    assert queues_of(Entitlements({2: PortShares(100, THREE)})) == {
        2: PortQueues(
            100, {"red": QueueRate(20, 100), "blue": QueueRate(60, 100), "green": QueueRate(20, 50)}
        )
    }


def test_what_a_ceiling_leaves_is_the_others_for_sure() -> None:
    shares = {"red": Share(ceiling=Rate(10)), "blue": Share()}
    (port,) = queues_of(Entitlements({2: PortShares(100, shares)})).values()
    assert port.rates == {"red": QueueRate(10, 10), "blue": QueueRate(90, 100)}


def test_where_nobody_is_held_back_there_is_none() -> None:
    assert queues_of(Entitlements({1: PortShares(100, {"red": Share(share=3)})})) == {}


def test_a_capacity_that_nobody_knows_or_that_is_too_much_has_none() -> None:
    shares = {"red": Share(ceiling=Rate(10)), "blue": Share()}
    given = {1: PortShares(None, shares), 2: PortShares(MOST_CAPACITY + 1, shares)}
    assert queues_of(Entitlements(given)) == {}
    assert queues_of(Entitlements({3: PortShares(MOST_CAPACITY, shares)})).keys() == {3}


share = st.builds(
    Share,
    guarantee=st.none() | st.builds(Percent, st.fractions(1, 60)),
    share=st.integers(1, 100),
    ceiling=st.none() | st.builds(Percent, st.fractions(60, 100)),
)


@given(st.integers(1, 10**10), st.dictionaries(st.text("abc", min_size=1), share, min_size=2))
def test_a_port_is_never_promised_more_than_once(capacity: int, shares: dict[str, Share]) -> None:
    for port in queues_of(Entitlements({1: PortShares(capacity, shares)})).values():
        assert sum(rate.least for rate in port.rates.values()) <= capacity
        assert all(0 <= rate.least <= rate.most <= capacity for rate in port.rates.values())

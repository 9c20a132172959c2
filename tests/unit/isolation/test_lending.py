"""Lending: what idle slices leave is lent, and comes back."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.isolation.entitlements import Bounds
from slicer.isolation.lending import REMEMBERED, Lending, Sample

CAPACITY = 1000
IDLE = Sample(0, was_dropped=False)
FLOOD = Sample(5000, was_dropped=True)


def lending(**weights: int) -> Lending:
    return Lending(
        CAPACITY, {name: Bounds(0, weight, CAPACITY) for name, weight in weights.items()}
    )


def test_it_starts_with_what_each_would_have_if_all_wanted_everything() -> None:
    assert lending(a=3, b=7).rates == {"a": 300, "b": 700}
    guaranteed = Lending(CAPACITY, {"a": Bounds(500, 1, CAPACITY), "b": Bounds(0, 1, 100)})
    assert guaranteed.rates == {"a": 900, "b": 100}


def test_who_floods_gets_its_share_while_the_other_wants_its_own() -> None:
    port = lending(a=3, b=7)
    for _ in range(10):
        port.observe({"a": FLOOD, "b": Sample(650, was_dropped=True)})
    assert port.rates == {"a": 300, "b": 700}


def test_an_idle_share_is_lent_after_a_while_but_for_something_to_start_with() -> None:
    port = lending(a=3, b=7)
    port.observe({"a": FLOOD, "b": FLOOD})
    for _ in range(REMEMBERED - 1):
        port.observe({"a": FLOOD, "b": IDLE})
        assert port.rates == {"a": 300, "b": 700}
    port.observe({"a": FLOOD, "b": IDLE})
    assert port.rates == {"a": 986, "b": 14}


def test_it_comes_back_at_once() -> None:
    port = lending(a=3, b=7)
    for _ in range(REMEMBERED):
        port.observe({"a": FLOOD, "b": IDLE})
    port.observe({"a": FLOOD, "b": Sample(20, was_dropped=True)})
    assert port.rates == {"a": 300, "b": 700}


def test_who_offers_nearly_its_rate_wants_more() -> None:
    port = lending(a=1, b=1)
    for _ in range(REMEMBERED):
        port.observe({"a": Sample(100, was_dropped=False), "b": FLOOD})
    assert port.rates == {"a": 150, "b": 850}
    port.observe({"a": Sample(140, was_dropped=False), "b": FLOOD})
    assert port.rates == {"a": 500, "b": 500}


def test_a_traffic_that_hardly_changes_changes_no_rate() -> None:
    port = lending(a=1, b=1)
    for _ in range(REMEMBERED):
        port.observe({"a": Sample(200, was_dropped=False), "b": FLOOD})
    before = dict(port.rates)
    for offered in (190, 180, 195, 170, 200, 185):
        assert port.observe({"a": Sample(offered, was_dropped=False), "b": FLOOD}) == before


def test_when_nobody_wants_anything_each_has_its_share() -> None:
    port = lending(a=3, b=7)
    for _ in range(REMEMBERED + 1):
        port.observe({"a": IDLE, "b": IDLE})
    assert port.rates == {"a": 300, "b": 700}


def test_who_is_not_seen_keeps_what_it_wanted() -> None:
    port = lending(a=3, b=7)
    for _ in range(REMEMBERED + 1):
        port.observe({"a": FLOOD})
    assert port.rates == {"a": 300, "b": 700}


SIZES = st.integers(0, 10**10)
SAMPLES = st.builds(Sample, SIZES, st.booleans())


@st.composite
def ports(draw: st.DrawFn) -> Lending:
    capacity = draw(st.integers(1, 10**10))
    bounds = {}
    for name in "abcd"[: draw(st.integers(1, 4))]:
        ceiling = draw(st.integers(1, capacity))
        bounds[name] = Bounds(draw(st.integers(0, ceiling)), draw(st.integers(1, 100)), ceiling)
    return Lending(capacity, bounds)


@given(ports(), st.lists(st.lists(SAMPLES, min_size=4, max_size=4), max_size=12))
def test_rates_never_exceed_capacity_or_ceilings_and_leave_nothing_unused(
    port: Lending, intervals: list[list[Sample]]
) -> None:
    most = min(port.capacity, sum(bound.ceiling for bound in port.bounds.values()))
    for samples in intervals:
        rates = port.observe(dict(zip(port.bounds, samples, strict=False)))
        assert sum(rates.values()) == most
        assert all(0 <= rates[name] <= bound.ceiling for name, bound in port.bounds.items())


@given(ports())
def test_while_all_are_held_back_each_has_what_it_started_with(port: Lending) -> None:
    before = dict(port.rates)
    for _ in range(6):
        assert port.observe(dict.fromkeys(port.bounds, FLOOD)) == before


@given(ports(), st.lists(SIZES, min_size=4, max_size=4))
def test_under_the_same_traffic_rates_come_to_rest(port: Lending, offers: list[int]) -> None:
    traffic = dict(zip(port.bounds, offers, strict=False))
    history = []
    for _ in range(4 * REMEMBERED):
        rates = dict(port.rates)
        samples = {name: Sample(bits, bits > rates[name]) for name, bits in traffic.items()}
        history.append(dict(port.observe(samples)))
    assert all(rates == history[-1] for rates in history[-REMEMBERED:])


def test_one_that_has_nothing_and_offers_nothing_wants_nothing() -> None:
    port = Lending(10, {"busy": Bounds(10, 100, 10), "idle": Bounds(0, 1, 10)})
    seen = {"busy": Sample(10, was_dropped=True), "idle": Sample(0, was_dropped=False)}
    assert [dict(port.observe(seen)) for _ in range(9)] == [{"busy": 10, "idle": 0}] * 9


@given(ports(), st.lists(st.lists(SAMPLES, min_size=4, max_size=4), min_size=1, max_size=12))
def test_who_was_just_held_back_has_its_guarantee_where_all_of_them_fit(
    port: Lending, intervals: list[list[Sample]]
) -> None:
    fits = sum(bound.guarantee for bound in port.bounds.values()) <= port.capacity
    for samples in intervals:
        seen = dict(zip(port.bounds, samples, strict=False))
        rates = port.observe(seen)
        for name, bound in port.bounds.items():
            assert not fits or not seen[name].was_dropped or rates[name] >= bound.guarantee

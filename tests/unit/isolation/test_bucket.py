"""Bucket: bursts, refilling, and the bound on what it grants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.isolation.bucket import Bucket


def test_a_full_bucket_grants_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(rate=2, burst=3, now=10.0)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(10.4)
    assert bucket.take(10.5)
    assert not bucket.take(10.5)


def test_what_is_not_there_is_not_taken_in_part() -> None:
    bucket = Bucket(rate=1, burst=5, now=0.0)
    assert not bucket.take(0.0, 6)
    assert bucket.take(0.0, 5)


def test_a_clock_that_stands_still_or_steps_back_grants_nothing_new() -> None:
    bucket = Bucket(rate=1, burst=1, now=5.0)
    assert bucket.take(5.0)
    assert not bucket.take(4.0)
    assert not bucket.take(5.5)


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_could_never_grant_is_refused(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="expected > 0"):
        Bucket(rate, burst, 0.0)


@given(
    st.floats(0.1, 1e4),
    st.floats(1, 1e4),
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 100)), max_size=50),
)
def test_never_more_than_burst_and_rate_times_time(
    rate: float, burst: float, steps: list[tuple[float, float]]
) -> None:
    bucket = Bucket(rate, burst, 0.0)
    now = granted = 0.0
    for pause, tokens in steps:
        now += pause
        if bucket.take(now, tokens):
            granted += tokens
    assert granted <= (burst + rate * now) * (1 + 1e-9)

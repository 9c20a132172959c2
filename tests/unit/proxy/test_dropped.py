"""Dropped: by how much counters have grown, each once."""

from slicer.proxy.dropped import STRAY, UNOWNED, Growth

RED = (1, STRAY)


def test_the_first_reading_is_where_counting_begins() -> None:
    growth = Growth()
    assert growth.since([("a", RED, 5)]) == {}
    assert growth.since([("a", RED, 7), ("b", RED, 1), ("c", (0, UNOWNED), 0)]) == {RED: 3}
    assert growth.since([("a", RED, 7), ("b", RED, 1)]) == {}


def test_a_counter_that_has_fallen_or_gone_has_begun_anew() -> None:
    growth = Growth()
    growth.since([("a", RED, 5), ("b", RED, 5)])
    assert growth.since([("a", RED, 2)]) == {RED: 2}
    assert growth.since([("a", RED, 2), ("b", RED, 1)]) == {RED: 1}

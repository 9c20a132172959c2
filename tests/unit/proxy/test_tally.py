"""Tally: what is said of the counters, when, and what is kept."""

from slicer.proxy.tally import QUIET, Tally
from tests.unit.proxy.parts import ready_datapath


def test_news_are_what_has_grown_with_the_sum() -> None:
    tally = Tally()
    assert tally.news("red", {}) is None
    assert tally.news("red", {"refused: X": 2, "dropped: Y": 1}) == (
        "red: dropped: Y +1 (1), refused: X +2 (2)"
    )
    assert tally.news("red", {"refused: X": 2, "dropped: Y": 1}) is None
    assert tally.news("red", {"refused: X": 5, "dropped: Y": 1}) == "red: refused: X +3 (5)"


def test_what_is_no_violation_is_no_news() -> None:
    assert Tally().news("s1", dict.fromkeys(QUIET, 3)) is None


def test_a_datapaths_news_are_its_own_and_its_slivers() -> None:
    tally, datapath = Tally(), ready_datapath()
    datapath.counters["dropped: Y"] = 4
    datapath.slivers["red"].counters["refused: X"] = 2
    assert tally.of_datapath(datapath) == ["s1: dropped: Y +4 (4)", "red on s1: refused: X +2 (2)"]
    assert tally.of_datapath(datapath) == []


def test_what_a_datapath_has_counted_is_kept_when_it_goes_and_comes_again() -> None:
    tally = Tally()
    for _ in range(2):
        datapath = ready_datapath()
        datapath.slivers["red"].counters["refused: X"] = 2
        assert tally.leave(datapath) == ["red on s1: refused: X +2 (2)"]
    again = ready_datapath()
    again.slivers["red"].counters["refused: X"] = 1
    assert tally.everything({"refused datapaths": 1}, [again]) == [
        "the slicer: refused datapaths 1",
        "red on s1: refused: X 1",
        "red, earlier connections: refused: X 4",
    ]
    assert tally.of_datapath(again) == ["red on s1: refused: X +1 (1)"]


def test_nothing_counted_is_nothing_said() -> None:
    assert Tally().everything({}, [ready_datapath()]) == []

"""Busy polling: when a look is worth it."""

from slicer.busy_poll import TRY_EACH, BusyPoll


def looks(subject: BusyPoll, times: int, *, found: bool) -> int:
    """How many of so many times there is a look, where each finds something or none does."""
    count = 0
    for _ in range(times):
        if subject.is_worth_it():
            count += 1
            subject.looked(found=found)
    return count


def test_at_first_and_as_long_as_it_finds_something_it_is_worth_it() -> None:
    assert looks(BusyPoll(), 1000, found=True) == 1000


def test_where_nothing_is_found_it_soon_ends_but_for_a_try_now_and_then() -> None:
    subject = BusyPoll()
    assert looks(subject, 100, found=False) < 30
    assert looks(subject, 100 * TRY_EACH, found=False) == 100


def test_it_comes_back_when_tries_find_something() -> None:
    subject = BusyPoll()
    looks(subject, 100_000, found=False)
    looks(subject, 10 * TRY_EACH, found=True)
    assert looks(subject, 100, found=True) == 100


def test_one_of_two_is_worth_it_and_one_of_ten_is_not() -> None:
    half, tenth = BusyPoll(), BusyPoll()
    for _ in range(100):
        for subject, others in ((half, 1), (tenth, 9)):
            looks(subject, 1, found=True)
            looks(subject, others, found=False)
    assert looks(half, 10, found=True) == 10
    assert looks(tenth, 10, found=False) < 10

"""The victim: what it leaves out when it compares answers, and what it notes."""

from controllers.attacks.victim import KEPT, _note, _without_counters


def test_counters_times_and_xids_are_left_out_of_a_comparison() -> None:
    before = [{"Reply": {"xid": 1, "body": [{"packet_count": 1, "duration_sec": 2, "cookie": 3}]}}]
    after = [{"Reply": {"xid": 9, "body": [{"packet_count": 7, "duration_sec": 8, "cookie": 3}]}}]
    other = [{"Reply": {"xid": 1, "body": [{"packet_count": 1, "duration_sec": 2, "cookie": 4}]}}]
    assert _without_counters(before) == _without_counters(after)
    assert _without_counters(before) != _without_counters(other)


def test_all_that_is_wrong_is_counted_and_the_first_kept_in_words() -> None:
    notes: list[str] = []
    for number in range(3 * KEPT):
        _note(notes, f"{number} " + "x" * 1000)
    assert len(notes) == 3 * KEPT
    assert [bool(note) for note in notes] == [True] * KEPT + [False] * 2 * KEPT
    assert max(map(len, notes)) == 400

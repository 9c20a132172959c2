"""A table whose full memory costs whoever fills it."""

from __future__ import annotations

from slicer.proxy.known import Known


def test_what_is_kept_is_found() -> None:
    known: Known[bytes, int | None] = Known()
    known.keep("red", b"a", 1, 9)
    known.keep("blue", b"b", None, 9)
    assert known.get(b"a") == 1
    assert b"b" in known
    assert known[b"b"] is None
    assert b"c" not in known


def test_there_is_never_more_than_there_may_be() -> None:
    known: Known[int, int] = Known()
    for each in range(100):
        known.keep(each % 3, each, each, 10)
        assert len(known) <= 10
        assert known[each] == each
        assert sum(map(len, known._keys.values())) == len(known)


def test_who_never_repeats_makes_only_its_own_be_forgotten() -> None:
    known: Known[int, int] = Known()
    for each in range(4):
        known.keep("victim", each, each, 10)
    for each in range(100, 1000):
        known.keep("hostile", each, each, 10)
        assert all(victims in known for victims in range(4))
    for each in range(4, 6):
        known.keep("victim", each, each, 10)
    assert all(victims in known for victims in range(6))


def test_where_all_is_ones_own_all_goes() -> None:
    known: Known[int, int] = Known()
    for each in range(3):
        known.keep("red", each, each, 2)
    assert dict(known) == {2: 2}

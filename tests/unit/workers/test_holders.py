"""Holders: claims, challenges and what becomes of them. Engines on both sides are in
tests/conversation/test_shared_dpids.py."""

from slicer.proxy.events import Challenged, Claim, Defend, Denied, Granted, Release
from slicer.proxy.holding import TWO_OTHERS
from slicer.workers.holders import Holders


def claim(peer: int) -> Claim:
    return Claim(peer, 7, f"10.0.0.{peer}:4000")


def contested() -> Holders:
    """Worker 1 holds dpid 7, and worker 2 has challenged it."""
    holders = Holders()
    assert holders.claim(1, claim(11)) == [(1, Granted(11))]
    assert holders.claim(2, claim(22)) == [(1, Challenged(7, "10.0.0.22:4000"))]
    return holders


def test_the_first_holds_until_it_releases() -> None:
    holders = Holders()
    assert holders.holder(7) is None
    holders.claim(1, claim(11))
    assert holders.holder(7) == 1
    assert holders.release(1, Release(7)) == []
    assert holders.holder(7) is None


def test_a_defended_dpid_stays_and_the_challenger_hears_why() -> None:
    holders = contested()
    assert holders.defend(1, Defend(7, "alive")) == [(2, Denied(22, "alive"))]
    assert holders.holder(7) == 1
    assert holders.claim(3, claim(33)) == [(1, Challenged(7, "10.0.0.33:4000"))]


def test_a_released_dpid_is_the_challengers() -> None:
    holders = contested()
    assert holders.release(1, Release(7)) == [(2, Granted(22))]
    assert holders.holder(7) == 2


def test_the_third_is_denied() -> None:
    assert contested().claim(3, claim(33)) == [(3, Denied(33, TWO_OTHERS))]


def test_a_challenger_that_releases_is_forgotten() -> None:
    holders = contested()
    assert holders.release(2, Release(7)) == []
    assert holders.defend(1, Defend(7, "alive")) == []
    assert holders.release(1, Release(7)) == []
    assert holders.holder(7) is None


def test_only_the_holder_can_defend_or_release() -> None:
    holders = contested()
    assert holders.defend(3, Defend(7, "mine")) == []
    assert holders.release(3, Release(7)) == []
    assert holders.holder(7) == 1


def test_a_worker_that_ends_holds_and_challenges_nothing() -> None:
    holders = contested()
    assert holders.ended(2) == []
    assert holders.release(1, Release(7)) == []
    holders = contested()
    assert holders.ended(1) == [(2, Granted(22))]
    assert holders.ended(2) == []
    assert holders.holder(7) is None

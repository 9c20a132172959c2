"""Reaching: what is read from ping, and how counters grow."""

from mininet_topos.demo.reaching import growth, replies


def test_replies_are_read() -> None:
    assert replies("3 packets transmitted, 2 received, 33% packet loss, time 403ms") == 2
    assert replies("ping: connect: Network is unreachable") == 0


def test_growth_counts_what_is_new_in_full() -> None:
    assert growth({"s2": 4}, {"s2": 7, "s3": 2}) == {"s2": 3, "s3": 2}

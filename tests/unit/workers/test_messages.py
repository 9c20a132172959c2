"""Messages between processes: said and understood."""

import pytest

from slicer.proxy.events import Challenged, Claim, Defend, Denied, Granted, Joined, Left, Release
from slicer.workers.messages import Adopt, Alive, Ask, Count, Line, Message, Setup, decode, encode


@pytest.mark.parametrize(
    "message",
    [
        Setup("policy.yaml", 2, {"probe_interval": 0.5, "bundles": 3}, 20, 700),
        Count(),
        Ask(),
        Alive(),
        Line(20, "slicer.x", 'two\nlines, "quoted" \N{SNOWMAN}'),
        Adopt("::1", 6633, "[::1]:40000"),
        Claim(3, 2**64 - 1, "10.0.0.1:4000"),
        Release(1),
        Defend(1, "alive"),
        Left(3),
        Joined(3),
        Granted(3),
        Denied(3, "no"),
        Challenged(1, "10.0.0.1:4000"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_is_said_is_understood(message: Message) -> None:
    assert decode(encode(message)) == message


def test_what_nobody_says_is_not_understood() -> None:
    with pytest.raises(ValueError, match="found a message 'Sing', expected one of Setup"):
        decode(b'["Sing"]')


def test_text_that_is_no_unicode_can_be_said() -> None:
    assert decode(encode(Line(20, "x", "\udcff"))) == Line(20, "x", "\udcff")

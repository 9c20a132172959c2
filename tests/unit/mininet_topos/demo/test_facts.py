"""Facts: what a span of time holds, and how an attempt's line is read."""

from mininet_topos.demo.facts import Attempt, Forged, Message, Stream
from tests.unit.mininet_topos.demo.seen import STREAM


def test_a_span_has_what_was_sent_in_it() -> None:
    part = STREAM.between(1.5, 2.0)
    assert part.messages == (Message(1.5, 1.52),)


def test_what_never_came_back_is_lost_and_has_no_time() -> None:
    stream = Stream((Message(1.0, None), Message(1.1, 1.4), Message(1.2, 1.3)), None)
    assert stream.lost == 1
    assert stream.slowest is not None
    assert round(stream.slowest, 3) == 0.3
    assert Stream((Message(1.0, None),), None).slowest is None


def test_an_attempt_has_what_happened_meanwhile() -> None:
    outcome = {
        "name": "rewrite",
        "due": "none",
        "began": 1.4,
        "ended": 1.9,
        "sent": 4,
        "errors": {},
        "silent": ["0000000000000001"],
        "flows": 4,
        "packets": 2,
        "needs_packets": True,
        "caught": 0,
    }
    before, meanwhile = Forged("h3", 1.0, "a:1", "b:9999"), Forged("h3", 1.6, "a:1", "b:9999")
    attempt = Attempt.of(outcome, STREAM, [before, meanwhile])
    assert attempt.forged == (meanwhile,)
    assert attempt.stream.messages == (Message(1.5, 1.52),)
    assert attempt.silent == ("0000000000000001",)

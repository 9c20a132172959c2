"""Checks: a victim that has noticed nothing passes, and each way to be harmed fails one check."""

from dataclasses import replace
from typing import Any

import pytest

from mininet_topos.attacks.checks import LEAST_PINGS, MOST_GROWTH, all_checks
from mininet_topos.attacks.facts import Memory, Outcome, Pings, Seen
from mininet_topos.attacks.report import as_json
from mininet_topos.attacks.victim import read_pings
from mininet_topos.demo.facts import Change, Forged, Message, Stream
from mininet_topos.demo.progress import DemoError

OUTCOME = Outcome("flood", "Flood.", "confined", "packets", 1.0, 2.0, None)
CONTROLLER: dict[str, Any] = {
    "rounds": 100,
    "questions": 1200,
    "unanswered": 0,
    "wrong": [],
    "foreign": [],
    "closed": None,
    "round_trips": [1.0, 2.0, 3.0],
}
SEEN = Seen(
    in_turn=(OUTCOME,),
    at_once=(OUTCOME,),
    minutes=1.0,
    pings=Pings(LEAST_PINGS, LEAST_PINGS, ""),
    stream=Stream((Message(1.0, 1.1),), None),
    forged=(),
    controller=CONTROLLER,
    changes={"s1": Change(frozenset(), frozenset())},
    memory=Memory(100, 100 + MOST_GROWTH - 1),
    runs=True,
    complaints=(),
    counted=("attacker on s1: refused: X 1",),
)


def failing(seen: Seen) -> list[str]:
    return [check.what for check in all_checks(seen) if not check.holds]


def test_a_victim_that_has_noticed_nothing_passes() -> None:
    assert failing(SEEN) == []
    assert '"holds": true' in as_json(SEEN, all_checks(SEEN))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"in_turn": (replace(OUTCOME, unexpected="found X"),)}, "as they must"),
        ({"in_turn": ()}, "as they must"),
        ({"at_once": ()}, "side by side"),
        ({"pings": Pings(200, 199, "")}, "pings"),
        ({"pings": Pings(200, 200, "+1 duplicates")}, "pings"),
        ({"pings": Pings(1, 1, "")}, "pings"),
        ({"stream": Stream((Message(1.0, None),), None)}, "transfer"),
        ({"stream": Stream((Message(1.0, 1.1),), "reset")}, "transfer"),
        ({"forged": (Forged("h4", 1.2, "a:1", "b:9999"),)}, "foreign packets"),
        ({"changes": {"s1": Change(frozenset("a"), frozenset())}}, "changed"),
        ({"controller": {**CONTROLLER, "closed": "Closed"}}, "rounds"),
        ({"controller": {**CONTROLLER, "unanswered": 1}}, "unanswered"),
        ({"controller": {**CONTROLLER, "wrong": ["x"]}}, "differ"),
        ({"controller": {**CONTROLLER, "foreign": ["x"]}}, "foreign messages"),
        ({"runs": False}, "still runs"),
        ({"complaints": ("Traceback",)}, "errors of its own"),
        ({"memory": Memory(100, 100 + MOST_GROWTH)}, "memory"),
        ({"counted": ()}, "violations"),
    ],
)
def test_each_harm_fails_one_check(changes: dict[str, Any], part: str) -> None:
    (failed,) = failing(replace(SEEN, **changes))
    assert part in failed


def test_what_ping_has_counted_is_read() -> None:
    head = "--- 10.0.0.3 ping statistics ---\n"
    some = f"{head}1557 packets transmitted, 1548 received, 0.578035% packet loss, time 9ms\n"
    assert read_pings(some) == Pings(1557, 1548, "")
    odd = f"{head}9 packets transmitted, 9 received, +2 duplicates, 0% packet loss, time 9ms\n"
    assert read_pings(odd) == Pings(9, 9, "+2 duplicates")
    late = "icmp_seq=1 ttl\nicmp_seq=2 ttl\n3 packets transmitted, 2 received, 33.3% packet loss"
    assert read_pings(late) == Pings(2, 2, "")
    assert read_pings(late.replace("seq=2", "seq=3")) == Pings(3, 2, "")
    with pytest.raises(DemoError, match="expected its counts"):
        read_pings("64 bytes from 10.0.0.3")

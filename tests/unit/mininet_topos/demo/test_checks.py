"""Checks: good facts pass all of them, and each way to be bad fails the one that is for it."""

from dataclasses import replace
from typing import Any

import pytest

from mininet_topos.demo.checks import all_checks
from mininet_topos.demo.facts import Attempt, Change, Facts, Forged, Message, Stream
from tests.unit.mininet_topos.demo.seen import (
    DELETING,
    ENDING,
    FACTS,
    HOSTILITY,
    PAIRS,
    PING,
    REFUSED,
    REWRITING,
    STREAM,
    TRANSFERS,
)

FORGED = Forged("h4", 1.2, "10.0.0.2:6666", "10.0.0.4:9999")
LOSING = Stream((*STREAM.messages, Message(2.5, None)), None)


def failing(facts: Facts) -> dict[str, tuple[str, str]]:
    """What was found and expected, by the name of the check that does not hold."""
    return {
        check.name: (check.found, check.expected) for check in all_checks(facts) if not check.holds
    }


def test_good_facts_pass() -> None:
    assert failing(FACTS) == {}


def test_names_are_unique_in_their_group() -> None:
    names = [(check.group, check.name) for check in all_checks(FACTS)]
    assert len(set(names)) == len(names)


def with_reach(**changes: Any) -> Facts:
    return replace(FACTS, reaches=(replace(PING, **changes),))


def with_transfer(**changes: Any) -> Facts:
    return replace(FACTS, transfers=(replace(TRANSFERS[0], **changes), TRANSFERS[1]))


def with_hostility(**changes: Any) -> Facts:
    return replace(FACTS, hostility=replace(HOSTILITY, **changes))


@pytest.mark.parametrize(
    ("facts", "name", "found"),
    [
        pytest.param(
            with_reach(pairs={**PAIRS, ("h1", "h3"): False}),
            "ping: every host reaches every other",
            "not h1 to h3",
            id="a pair that does not reach",
        ),
        pytest.param(
            with_reach(packets={"s2": 1, "s3": 40}),
            "ping goes by s3 alone",
            "s2: 1, s3: 40 packets",
            id="a packet on the wrong path",
        ),
        pytest.param(
            with_reach(packets={"s2": 0, "s3": 0}),
            "ping goes by s3 alone",
            "s2: 0, s3: 0 packets",
            id="no packet on any path",
        ),
        pytest.param(
            with_reach(admitted={"video": 2, "office": 160}),
            "ping is office's alone",
            "admitted video: 2, office: 160 packets",
            id="packets in the wrong slice",
        ),
        pytest.param(
            with_transfer(alone=20e6),
            "video's transfer alone has the rate of its path",
            "20.0 Mbit/s",
            id="a slow transfer",
        ),
        pytest.param(
            with_transfer(together=130e6),
            "video's transfer beside the other's has the rate of its path",
            "130.0 Mbit/s",
            id="a transfer faster than its links",
        ),
        pytest.param(
            with_transfer(packets={"s2": 5, "s3": 5}),
            "video's transfer goes by s2 alone",
            "s2: 5, s3: 5 packets",
            id="a transfer on both paths",
        ),
        pytest.param(
            with_hostility(stream=replace(STREAM, broken="reset by peer")),
            "video's connection holds",
            "it broke: reset by peer",
            id="a broken connection",
        ),
        pytest.param(
            with_hostility(stream=LOSING),
            "nothing that video sends is lost",
            "1 of 4 messages lost",
            id="a lost message",
        ),
        pytest.param(
            with_hostility(stream=Stream((), None)),
            "nothing that video sends is lost",
            "0 of 0 messages lost",
            id="no message at all",
        ),
        pytest.param(
            with_hostility(attempts=(DELETING, replace(REWRITING, stream=Stream((), None)))),
            "video is at work during each attempt",
            "not during rewrite",
            id="an attempt without a message",
        ),
        pytest.param(
            with_hostility(forged=(FORGED,)),
            "no host gets a packet of video's that video did not send",
            "1 packets: 10.0.0.2:6666 to 10.0.0.4:9999 at h4",
            id="a forged packet",
        ),
        pytest.param(
            with_hostility(attempts=(DELETING, replace(REWRITING, caught=3))),
            "the hostile controller is sent none of video's packets",
            "3 packets",
            id="a stolen packet",
        ),
        pytest.param(
            with_hostility(attempts=(replace(DELETING, flows=7), REWRITING)),
            "the hostile controller is shown no flow but its own",
            "7 flows after it has deleted its own",
            id="foreign flows shown",
        ),
        pytest.param(
            with_hostility(video_flows=0),
            "video has flows of its own",
            "0 flows",
            id="no flow to protect",
        ),
        pytest.param(
            with_hostility(changes={"s1": Change(frozenset(), frozenset({"reg0=0x1"}))}),
            "s1 holds what it held, office's own flows aside",
            "1 differences: -reg0=0x1",
            id="a flow of video's gone",
        ),
        pytest.param(
            replace(FACTS, ending=replace(ENDING, status=-9)),
            "the slicer ends when asked to",
            "status -9",
            id="a slicer that had to be killed",
        ),
        pytest.param(
            replace(FACTS, ending=replace(ENDING, complaints=("Traceback",))),
            "the slicer's log tells of no error",
            "Traceback",
            id="a traceback in the log",
        ),
        pytest.param(
            replace(FACTS, ending=replace(ENDING, kept=False)),
            "the switches keep their flows without it",
            "other flows",
            id="flows gone with the slicer",
        ),
    ],
)
def test_a_bad_fact_fails_its_check(facts: Facts, name: str, found: str) -> None:
    assert failing(facts)[name][0] == found


@pytest.mark.parametrize(
    ("attempt", "found", "expected"),
    [
        pytest.param(
            replace(DELETING, errors={"OFPBRC_EPERM": 1}),
            "1 OFPBRC_EPERM",
            "no error",
            id="refused where it should not be",
        ),
        pytest.param(
            replace(REFUSED, errors={"OFPBAC_BAD_TYPE": 7}),
            "7 OFPBAC_BAD_TYPE",
            "8 errors",
            id="one message of eight not refused",
        ),
        pytest.param(
            replace(DELETING, silent=("0000000000000001",)),
            "no error, no answer from 0000000000000001",
            "no error",
            id="a datapath that says nothing",
        ),
        pytest.param(
            replace(REWRITING, packets=0),
            "no error, 0 packets matched",
            "no error, some packets matched",
            id="nothing to work on",
        ),
    ],
)
def test_a_wrong_answer_fails_its_attempt(attempt: Attempt, found: str, expected: str) -> None:
    attempts = (attempt,) if attempt.name == DELETING.name else (DELETING, attempt)
    assert failing(with_hostility(attempts=attempts)) == {attempt.name: (found, expected)}

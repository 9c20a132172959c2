"""Report: people and programs are told the same."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from mininet_topos.demo import report
from mininet_topos.demo.checks import all_checks
from mininet_topos.demo.facts import Facts, Stream
from tests.unit.mininet_topos.demo.seen import FACTS, HOSTILITY, PAIRS, PING


def shown(facts: Facts, width: int = 80) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width)
    report.introduce(console)
    report.show(facts, all_checks(facts), 44.4, console)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits(width: int) -> None:
    text = shown(FACTS, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


def test_good_facts_are_told_as_such() -> None:
    text = shown(FACTS)
    assert text.endswith(f"✓ all {len(all_checks(FACTS))} checks hold, 44 s\n")
    assert "✗" not in text


def test_a_failing_check_says_what_was_found_and_expected() -> None:
    facts = replace(FACTS, reaches=(replace(PING, pairs={**PAIRS, ("h1", "h3"): False}),))
    lines = shown(facts).splitlines()
    place = lines.index("✗ ping: every host reaches every other")
    assert lines[place + 1 : place + 3] == [
        "    found     not h1 to h3",
        "    expected  12 of 12",
    ]
    assert any(line.startswith("h1") and line.count("✗") == 1 for line in lines)
    assert "checks do not hold" in lines[-1]


def test_what_became_of_an_attempt_is_told() -> None:
    lines = [" ".join(line.split()) for line in shown(FACTS).splitlines()]
    assert "✓ delete every flow done, within its slice 0 0/3 20 ms" in lines
    assert "✓ rewrite done, own packets: 12 0 0/3 20 ms" in lines
    assert "✓ set registers OFPBAC_BAD_SET_TYPE 0 0/3 20 ms" in lines


def test_an_attempt_without_any_message_of_videos_is_no_success() -> None:
    attempts = tuple(replace(each, stream=Stream((), None)) for each in HOSTILITY.attempts)
    facts = replace(FACTS, hostility=replace(HOSTILITY, attempts=attempts))
    assert "✗  delete every flow" in shown(facts)


def test_programs_are_told_the_same() -> None:
    checks = all_checks(FACTS)
    values = json.loads(report.as_json(FACTS, checks, 44.44))
    assert (values["ok"], values["seconds"]) == (True, 44.4)
    assert [check["name"] for check in values["checks"]] == [check.name for check in checks]
    assert values["reach"][0]["packets"] == PING.packets
    assert values["attempts"][2]["errors"] == {"OFPBAC_BAD_SET_TYPE": 8}
    assert values["stream"] == {
        "broken": None,
        "sent": 3,
        "lost": 0,
        "slowest": pytest.approx(0.02),
    }


def test_programs_are_told_of_a_failure() -> None:
    facts = replace(FACTS, hostility=replace(HOSTILITY, video_flows=0))
    assert json.loads(report.as_json(facts, all_checks(facts), 1))["ok"] is False
    assert json.loads(report.failure_as_json("no network")) == {"ok": False, "error": "no network"}

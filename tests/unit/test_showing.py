"""Showing a policy: as values for programs, as tables for people, and both say the same."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from slicer.policy import Policy, parse
from slicer.showing import as_values, show

POLICY = """
listen: [tcp:127.0.0.1:6633, "tcp:[fe80::1]:6634"]
datapaths:
  s1: {dpid: 0x1, ports: {1: {capacity: 100M}, up: {}}}
  s2: {dpid: 0x2}
links:
  - {ends: [s1:up, s2:LOCAL], capacity: 50M}
slices:
  video:
    controllers: ["tcp:[fe80::2]:6653", ptcp:7000]
    limits: {flows: 100}
    shares: {guarantee: 10M, share: 3}
  office: {controllers: [tcp:10.0.0.1:6653]}
flowspace:
  - {slice: office, priority: 1}
  - {slice: video, priority: 100, datapaths: [s2, s1], ports: [3, 1, up], match: {eth_type: ipv4, ip_proto: tcp, tcp_dst: 80-81}}
  - {slice: video, priority: 100, match: {eth_type: arp}}
"""  # noqa: E501


@pytest.fixture
def policy() -> Policy:
    return parse(POLICY, "[red]demo[/red].yaml")


def shown(policy: Policy, width: int = 200) -> str:
    out = StringIO()
    show(policy, Console(file=out, width=width, highlight=False))
    return out.getvalue()


# ---- for programs ----


def test_the_values_are_all_that_json_has(policy: Policy) -> None:
    values = as_values(policy)
    assert json.loads(json.dumps(values)) == values


def test_where_datapaths_connect_and_which(policy: Policy) -> None:
    values = as_values(policy)
    assert values["policy"] == "[red]demo[/red].yaml"
    assert values["listen"] == ["tcp:127.0.0.1:6633", "tcp:[fe80::1]:6634"]
    assert values["datapaths"] == [
        {
            "name": "s1",
            "dpid": "0000000000000001",
            "ports": ["1: 100M", "up: as fast as its link"],
        },
        {"name": "s2", "dpid": "0000000000000002", "ports": []},
    ]


def test_slices_with_their_controllers_and_bounds(policy: Policy) -> None:
    video, office = as_values(policy)["slices"]
    assert video["name"] == "video"
    assert video["controllers"] == ["tcp:[fe80::2]:6653", "ptcp:7000:127.0.0.1"]
    assert video["listening"] == ["s1: tcp:127.0.0.1:7000", "s2: tcp:127.0.0.1:7001"]
    assert video["bounds"] == ["guarantee: 10M", "share: 3", "flows: 100"]
    assert office == {
        "name": "office",
        "controllers": ["tcp:10.0.0.1:6653"],
        "listening": [],
        "watchers": [],
        "watchers_listening": [],
        "bounds": ["share: 1"],
    }


def test_what_holds_at_single_ports() -> None:
    text = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: tcp:10.0.0.1:1, shares: {ceiling: 5M, at: {1:LOCAL: {share: 9}}}}}
flowspace: [{slice: red, priority: 1}]
"""
    (red,) = as_values(parse(text, "policy.yaml"))["slices"]
    assert red["bounds"] == [
        "share: 1",
        "ceiling: 5M",
        "at 0000000000000001:LOCAL: share 9, ceiling 5M",
    ]


def test_what_becomes_of_more_is_said_where_there_is_a_rate() -> None:
    text = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: tcp:10.0.0.1:1, limits: {bytes_per_second: 9, over_limit: refuse}}}
flowspace: [{slice: red, priority: 1}]
"""
    (red,) = as_values(parse(text, "policy.yaml"))["slices"]
    assert red["bounds"] == ["share: 1", "bytes_per_second: 9", "over_limit: refuse"]


def test_rules_in_the_order_in_which_they_hold(policy: Policy) -> None:
    named, arp, rest = as_values(policy)["flowspace"]
    assert named == {
        "priority": 100,
        "slice": "video",
        "datapaths": ["s1", "s2"],
        "ports": ["1", "3", "up"],
        "matches": ["eth_type=ipv4, ip_proto=tcp, tcp_dst=0x50/0xfffe"],
        "line": 16,
    }
    assert (arp["line"], arp["matches"]) == (17, ["eth_type=arp"])
    assert (rest["slice"], rest["datapaths"], rest["ports"]) == ("office", [], [])


def test_warnings_come_along(policy: Policy) -> None:
    warnings = as_values(policy)["warnings"]
    assert warnings
    assert warnings == [str(each) for each in policy.warnings]


ANY_DATAPATH = """
listen: [tcp:127.0.0.1:6633]
slices: {office: {controllers: [ptcp:7000]}}
flowspace: [{slice: office, priority: 1, ports: [LOCAL]}]
"""


def test_without_names_for_datapaths_ports_go_by_dpid() -> None:
    values = as_values(parse(ANY_DATAPATH, "p"))
    assert values["datapaths"] is None
    assert values["slices"][0]["listening"] == ["tcp:127.0.0.1:(6999 + dpid)"]
    assert values["flowspace"][0]["ports"] == ["LOCAL"]
    assert "Any datapath may connect." in shown(parse(ANY_DATAPATH, "p"))


def test_links(policy: Policy) -> None:
    assert as_values(policy)["links"] == [{"ends": ["s1:up", "s2:LOCAL"], "capacity": "50M"}]
    assert as_values(parse(ANY_DATAPATH, "p"))["links"] == []
    assert "Links" not in shown(parse(ANY_DATAPATH, "p"))


WATCHED = POLICY.replace(
    "  office: {controllers: [tcp:10.0.0.1:6653]}",
    "  office: {controllers: [ptcp:7100], watchers: [tcp:10.0.0.3:6653, ptcp:7200]}",
)


def test_watchers_are_said_apart() -> None:
    _, office = as_values(parse(WATCHED, "p"))["slices"]
    assert office["controllers"] == ["ptcp:7100:127.0.0.1"]
    assert office["listening"] == ["s1: tcp:127.0.0.1:7100", "s2: tcp:127.0.0.1:7101"]
    assert office["watchers"] == ["tcp:10.0.0.3:6653", "ptcp:7200:127.0.0.1"]
    assert office["watchers_listening"] == ["s1: tcp:127.0.0.1:7200", "s2: tcp:127.0.0.1:7201"]


# ---- for people ----


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [] if value is None else [str(value)]


def test_the_tables_say_all_that_the_values_say(policy: Policy) -> None:
    text = shown(policy)
    missing = [each for each in strings(as_values(policy)) if each not in text]
    assert missing == []


def test_watchers_have_columns_where_there_are_any(policy: Policy) -> None:
    text = shown(parse(WATCHED, "p"), width=300)
    assert [each for each in strings(as_values(parse(WATCHED, "p"))) if each not in text] == []
    assert "watchers" in text
    assert "watchers" not in shown(policy)


def test_brackets_are_brackets_and_no_markup(policy: Policy) -> None:
    text = shown(policy)
    assert "[red]demo[/red].yaml is valid." in text
    assert "Datapaths connect to tcp:127.0.0.1:6633, tcp:[fe80::1]:6634." in text
    assert "tcp:[fe80::2]:6653" in text


def test_a_path_that_looks_like_broken_markup_can_be_shown() -> None:
    assert "a[/b].yaml is valid." in shown(parse(ANY_DATAPATH, "a[/b].yaml"))


def test_what_is_too_wide_for_80_columns_is_folded_and_not_cut_off(policy: Policy) -> None:
    text = shown(policy, width=80)
    tables = [line for line in text.splitlines() if line.startswith(("│", "┃"))]
    assert {len(line) for line in tables} <= set(range(81))
    assert "…" not in text
    assert "0000000000000001" in text


def test_rules_for_all_say_so(policy: Policy) -> None:
    row = next(line for line in shown(policy).splitlines() if "office" in line and "all" in line)
    assert row.count("all") == 2
    assert "any packet" in row

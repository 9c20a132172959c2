"""Showing: what a policy would set up, for people as tables and for programs as values.

Nothing is decided here, and nothing of a policy's is taken for markup. Invariant: both forms say
the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slicer.flowspace.text import PORT_NAMES
from slicer.isolation import Share
from slicer.isolation.limits import LIMITS
from slicer.policy import Policy
from slicer.policy.endpoints import Listen
from slicer.policy.values import PolicyRule, SlicePolicy

_PORT_NAMES: Mapping[int | str, str] = {number: name for name, number in PORT_NAMES.items()}


def as_values(policy: Policy) -> dict[str, Any]:
    """What `slicer check --json` prints: strings, numbers, lists and dictionaries only."""
    return {
        "policy": policy.source,
        "listen": [str(each) for each in policy.listen],
        "datapaths": _datapaths(policy),
        "links": [
            {
                "ends": [f"{policy.datapath_name(dpid)}:{_port(port)}" for dpid, port in each.ends],
                "capacity": str(each.capacity),
            }
            for each in policy.links
        ],
        "slices": [_slice(policy, each) for each in policy.slices.values()],
        "flowspace": [
            _rule(policy, rule)
            for rule in sorted(policy.flowspace, key=lambda rule: -rule.priority)
        ],
        "warnings": [str(each) for each in policy.warnings],
    }


def show(policy: Policy, console: Console) -> None:
    """Print tables for a person."""
    values = as_values(policy)
    console.print(Text.assemble((policy.source, "bold"), " is valid."), soft_wrap=True)
    console.print(f"Datapaths connect to {', '.join(values['listen'])}.", markup=False)
    if policy.datapaths is None:
        console.print("Any datapath may connect.")
    else:
        console.print(
            _table(
                "Datapaths (no others may connect)",
                ("name", "dpid", "ports with facts"),
                [
                    (each["name"], each["dpid"], _lines(each["ports"]))
                    for each in values["datapaths"]
                ],
            )
        )
    if policy.links:
        console.print(
            _table(
                "Links",
                ("between", "capacity"),
                [(" - ".join(each["ends"]), each["capacity"]) for each in values["links"]],
            )
        )
    console.print(_slices(values["slices"]))
    console.print(
        _table(
            "Flowspace, first match wins",
            ("priority", "slice", "datapaths", "ports", "match", "line"),
            [
                (
                    str(each["priority"]),
                    each["slice"],
                    ", ".join(each["datapaths"]) or "all",
                    ", ".join(each["ports"]) or "all",
                    _lines(each["matches"]),
                    str(each["line"]),
                )
                for each in values["flowspace"]
            ],
        )
    )
    for warning in values["warnings"]:
        console.print(warning, style="yellow", markup=False, soft_wrap=True)


def _slices(slices: list[dict[str, Any]]) -> Table:
    columns = {
        "controllers": "controllers",
        "listening": "its slivers' controllers connect to",
        "watchers": "watchers",
        "watchers_listening": "its slivers' watchers connect to",
        "bounds": "share and limits",
    }
    if not any(each["watchers"] for each in slices):
        del columns["watchers"], columns["watchers_listening"]
    rows = [(each["name"], *(_lines(each[key]) for key in columns)) for each in slices]
    return _table("Slices", ("slice", *columns.values()), rows)


def _datapaths(policy: Policy) -> list[dict[str, Any]] | None:
    if policy.datapaths is None:
        return None
    return [
        {
            "name": facts.name,
            "dpid": f"{facts.dpid:016x}",
            "ports": [
                f"{_port(port)}: {port_facts.capacity or 'as fast as its link'}"
                for port, port_facts in facts.ports.items()
            ],
        }
        for facts in policy.datapaths.values()
    ]


def _slice(policy: Policy, each: SlicePolicy) -> dict[str, Any]:
    own = range(len(each.controllers))
    return {
        "name": each.name,
        "controllers": [str(controller) for controller in each.controllers],
        "listening": _listening_of(policy, each, own),
        "watchers": [str(watcher) for watcher in each.watchers],
        "watchers_listening": _listening_of(policy, each, range(own.stop, len(each.met))),
        "bounds": _bounds(policy, each),
    }


def _bounds(policy: Policy, each: SlicePolicy) -> list[str]:
    shares = _shares(each.share)
    limits = {name: getattr(each.limits, name) for name in LIMITS}
    if limits["messages_per_second"] or limits["bytes_per_second"]:
        limits["over_limit"] = each.limits.over_limit.value
    general = [f"{name}: {value}" for name, value in (shares | limits).items() if value is not None]
    return general + [
        f"at {policy.datapath_name(dpid)}:{_port(port)}: "
        + ", ".join(f"{name} {value}" for name, value in _shares(there.share).items() if value)
        for (dpid, port), there in each.at.items()
    ]


def _shares(share: Share) -> dict[str, Any]:
    return {field.name: getattr(share, field.name) for field in fields(share)}


def _listening_of(policy: Policy, each: SlicePolicy, indices: range) -> list[str]:
    return [
        line
        for index in indices
        if isinstance(listen := each.met[index], Listen)
        for line in _listening(policy, each.name, index, listen)
    ]


def _listening(policy: Policy, name: str, index: int, listen: Listen) -> list[str]:
    if policy.datapaths is None:
        return [f"tcp:{listen.base.host}:({listen.base.port - 1} + dpid)"]
    return [
        f"{facts.name}: tcp:{listen.base.host}:{policy.listen_port(name, index, dpid)}"
        for dpid, facts in policy.datapaths.items()
    ]


def _rule(policy: Policy, rule: PolicyRule) -> dict[str, Any]:
    ports = rule.ports
    return {
        "priority": rule.priority,
        "slice": rule.slice,
        "datapaths": [policy.datapath_name(dpid) for dpid in sorted(rule.datapaths or ())],
        "ports": []
        if ports is None
        else [*map(_port, sorted(ports.numbers)), *sorted(ports.names)],
        "matches": [str(match) for match in rule.matches],
        "line": rule.place.line,
    }


def _port(port: int | str) -> str:
    return _PORT_NAMES.get(port, str(port))


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _lines(parts: list[str]) -> str:
    return "\n".join(parts)

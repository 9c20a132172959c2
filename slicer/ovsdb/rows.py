"""Rows: what Open vSwitch's database says of bridges, ports and their QoS, as plain values.

Follows ovs-vswitchd.conf.db(5) and RFC 7047 5.1. No connection, no decisions. Invariant: whatever a
server answers gives a Present whose rows are all there, or a MalformedReply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

READ: tuple[dict[str, Any], ...] = tuple(
    {"op": "select", "table": table, "where": [], "columns": columns}
    for table, columns in (
        ("Bridge", ["datapath_id", "datapath_type", "ports"]),
        ("Port", ["_uuid", "name", "interfaces", "qos"]),
        ("Interface", ["_uuid", "type", "ofport"]),
        ("QoS", ["_uuid", "type", "queues", "other_config", "external_ids"]),
        ("Queue", ["_uuid", "other_config", "external_ids"]),
    )
)
"""The operations whose answers `present` reads."""


class MalformedReply(ValueError):
    """What the server said is not what its schema says."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """`datapath_id` is 16 hexadecimal digits, or None while the bridge is being made."""

    datapath_id: str | None
    datapath_type: str
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Port:
    """`qos` is the QoS row's uuid."""

    uuid: str
    name: str
    interfaces: tuple[str, ...]
    qos: str | None


@dataclass(frozen=True, slots=True)
class Interface:
    """`ofport` is the OpenFlow port number; -1 or None where there is none."""

    type: str
    ofport: int | None


@dataclass(frozen=True, slots=True)
class Qos:
    """`queues` are the Queue rows' uuids by queue id."""

    type: str
    queues: Mapping[int, str]
    other_config: Mapping[str, str]
    external_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue's settings."""

    other_config: Mapping[str, str]
    external_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Present:
    """What the database holds; rows by uuid."""

    bridges: tuple[Bridge, ...]
    ports: Mapping[str, Port]
    interfaces: Mapping[str, Interface]
    qos: Mapping[str, Qos]
    queues: Mapping[str, Queue]


def present(results: Sequence[Any]) -> Present:
    """Read the answers to READ. Raises MalformedReply."""
    try:
        bridges, ports, interfaces, qos, queues = ([*each["rows"]] for each in results)
        read = Present(
            tuple(
                Bridge(_one(row["datapath_id"]), row["datapath_type"], _uuids(row["ports"]))
                for row in bridges
            ),
            {_uuid(row["_uuid"]): _port(row) for row in ports},
            {
                _uuid(row["_uuid"]): Interface(row["type"], _one(row["ofport"]))
                for row in interfaces
            },
            {_uuid(row["_uuid"]): _qos(row) for row in qos},
            {
                _uuid(row["_uuid"]): Queue(_map(row["other_config"]), _map(row["external_ids"]))
                for row in queues
            },
        )
        _check_references(read)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedReply(f"found an answer that no Open vSwitch gives ({error!r})") from error
    return read


def _check_references(read: Present) -> None:
    """Raises ValueError where a row refers to one that is not there."""
    references: tuple[tuple[set[str], Mapping[str, Any]], ...] = (
        ({port for bridge in read.bridges for port in bridge.ports}, read.ports),
        ({each for port in read.ports.values() for each in port.interfaces}, read.interfaces),
        ({port.qos for port in read.ports.values() if port.qos is not None}, read.qos),
        ({queue for qos in read.qos.values() for queue in qos.queues.values()}, read.queues),
    )
    for wanted, there in references:
        if missing := wanted - there.keys():
            raise ValueError(f"no row {min(missing)}")


def number(result: Any, column: str) -> int:
    """A column of the one row that was selected. Raises MalformedReply."""
    try:
        (row,) = result["rows"]
        return int(row[column])
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedReply(f"found no {column} in {str(result)[:200]!r}") from error


def _port(row: Mapping[str, Any]) -> Port:
    qos = _uuids(row["qos"])
    return Port(
        _uuid(row["_uuid"]), row["name"], _uuids(row["interfaces"]), qos[0] if qos else None
    )


def _qos(row: Mapping[str, Any]) -> Qos:
    queues = {int(key): _uuid(value) for key, value in _map(row["queues"]).items()}
    return Qos(row["type"], queues, _map(row["other_config"]), _map(row["external_ids"]))


def _uuid(value: Any) -> str:
    kind, uuid = value
    if kind != "uuid" or not isinstance(uuid, str):
        raise ValueError(f"found {value!r}, expected a uuid")
    return uuid


def _set(value: Any) -> list[Any]:
    """A set of one is written as its element (RFC 7047 5.1)."""
    if isinstance(value, list) and len(value) == 2 and value[0] == "set":
        return [*value[1]]
    return [value]


def _uuids(value: Any) -> tuple[str, ...]:
    return tuple(_uuid(each) for each in _set(value))


def _one(value: Any) -> Any:
    values = _set(value)
    return values[0] if values else None


def _map(value: Any) -> dict[Any, Any]:
    kind, pairs = value
    if kind != "map":
        raise ValueError(f"found {value!r}, expected a map")
    return {key: each for key, each in pairs}  # noqa: C416  (checks that they are pairs)

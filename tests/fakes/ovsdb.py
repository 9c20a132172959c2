"""A switch's database in memory: as much of RFC 7047 as the slicer says to one.

It answers transactions as ovsdb-server does: all or nothing, names of new rows resolved, references
checked. Invariant: no row refers to one that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import count
from typing import Any

Row = dict[str, Any]
_REFERENCES = {"Port": ("qos", "QoS"), "QoS": ("queues", "Queue")}


class _Failed(Exception):
    """An operation's error."""


class FakeDatabase:
    """One switch's: `tables` are rows by uuid, as the wire has them but for `_uuid`."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Row]] = {
            name: {} for name in ("Open_vSwitch", "Bridge", "Port", "Interface", "QoS", "Queue")
        }
        self.tables["Open_vSwitch"]["root"] = {"next_cfg": 0, "cur_cfg": 0}
        self.changes = 0
        """How many transactions have changed something."""
        self._uuids = count(1)

    # ---- what is there ----

    def bridge(self, dpid: int, kind: str = "system") -> str:
        """A bridge without ports."""
        row = {"datapath_id": f"{dpid:016x}", "datapath_type": kind, "ports": ["set", []]}
        return self.add("Bridge", row)

    def port(self, bridge: str, number: int, kind: str = "", interfaces: int = 1) -> str:
        """A port of a bridge; with more interfaces than one it is a bond."""
        made = [
            self.add("Interface", {"type": kind, "ofport": number + each})
            for each in range(interfaces)
        ]
        row = {
            "name": f"p{number}",
            "interfaces": ["set", [["uuid", each] for each in made]],
            "qos": ["set", []],
        }
        port = self.add("Port", row)
        ports = self.tables["Bridge"][bridge]["ports"][1]
        ports.append(["uuid", port])
        return port

    def qos(self, port: str, **external_ids: str) -> str:
        """Give a port a QoS."""
        row = {
            "type": "linux-htb",
            "queues": ["map", []],
            "other_config": ["map", []],
            "external_ids": ["map", [[*each] for each in external_ids.items()]],
        }
        uuid = self.add("QoS", row)
        self.tables["Port"][port]["qos"] = ["uuid", uuid]
        return uuid

    def add(self, table: str, row: Row) -> str:
        """Another row; returns its uuid."""
        uuid = f"{table}-{next(self._uuids)}"
        self.tables[table][uuid] = row
        return uuid

    def queues_of(self, port: str) -> dict[int, tuple[str, dict[str, str]]]:
        """A port's queues: id -> (slice, settings)."""
        qos = self.tables["Port"][port]["qos"]
        if qos == ["set", []]:
            return {}
        found = {}
        for number, (_, uuid) in self.tables["QoS"][qos[1]]["queues"][1]:
            queue = self.tables["Queue"][uuid]
            marks, settings = dict(queue["external_ids"][1]), dict(queue["other_config"][1])
            found[number] = (marks.get("slicer-slice", ""), settings)
        return found

    # ---- transactions ----

    def transact(self, operations: Sequence[Row]) -> list[Any]:
        """Carry out all operations, or none and the error as the last result."""
        before, names = deepcopy(self.tables), dict[str, str]()
        results: list[Any] = []
        try:
            results.extend(getattr(self, f"_{each['op']}")(each, names) for each in operations)
            self._check()
        except _Failed as failed:
            self.tables = before
            return [*results, {"error": str(failed), "details": "as the fake has it"}]
        self.changes += any(each["op"] in ("insert", "update", "delete") for each in operations)
        root = self.tables["Open_vSwitch"]["root"]
        root["cur_cfg"] = root["next_cfg"]
        return results

    def _where(self, operation: Row) -> dict[str, Row]:
        rows = self.tables[operation["table"]]
        wanted = {clause[2][1] for clause in operation["where"]}
        return {uuid: row for uuid, row in rows.items() if not operation["where"] or uuid in wanted}

    def _select(self, operation: Row, names: dict[str, str]) -> Row:
        found = [
            {
                name: ["uuid", uuid] if name == "_uuid" else row[name]
                for name in operation["columns"]
            }
            for uuid, row in self._where(operation).items()
        ]
        return {"rows": found}

    def _insert(self, operation: Row, names: dict[str, str]) -> Row:
        names[operation["uuid-name"]] = self.add(operation["table"], {})
        uuid = names[operation["uuid-name"]]
        self.tables[operation["table"]][uuid] = _resolved(operation["row"], names)
        return {"uuid": ["uuid", uuid]}

    def _update(self, operation: Row, names: dict[str, str]) -> Row:
        found = self._where(operation)
        for row in found.values():
            row.update(_resolved(operation["row"], names))
        return {"count": len(found)}

    def _delete(self, operation: Row, names: dict[str, str]) -> Row:
        found = self._where(operation)
        for uuid in found:
            del self.tables[operation["table"]][uuid]
        return {"count": len(found)}

    def _mutate(self, operation: Row, names: dict[str, str]) -> Row:
        for row in self._where(operation).values():
            for column, _, value in operation["mutations"]:
                row[column] += value
        return {"count": 1}

    def _wait(self, operation: Row, names: dict[str, str]) -> Row:
        for row in self._where(operation).values():
            for expected in operation["rows"]:
                for column, value in expected.items():
                    if _several(row[column]) != _several(value):
                        raise _Failed("timed out")
        return {}

    def _check(self) -> None:
        for table, (column, other) in _REFERENCES.items():
            for row in self.tables[table].values():
                value = row[column]
                pairs = value[1] if value[0] == "map" else [(0, each) for each in _several(value)]
                if any(uuid not in self.tables[other] for _, (_, uuid) in pairs):
                    raise _Failed("referential integrity violation")


def _several(value: Any) -> list[Any]:
    """A set's elements; a map's pairs in order."""
    if value[0] == "set":
        return [*value[1]]
    return sorted(value[1]) if value[0] == "map" else [value]


def _resolved(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(each, names) for key, each in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and value[0] == "named-uuid":
            return ["uuid", names[value[1]]]
        return [_resolved(each, names) for each in value]
    return value

"""Arranging: what to change in a switch's database so that its ports have the queues wanted.

A pure function of what the database holds. Rows of the slicer's say so in their external_ids, with
the datapath and the slice: a restarted slicer finds them, mends what differs, and deletes what is
not wanted any more. A queue keeps its id while its slice has one at the port. Ports that can't have
queues (of another type than the kernel's interfaces, of a bond, of the userspace datapath), and
ports with a QoS of somebody else's, get none.

Invariant: a slice's queue at a port is no other slice's, also not before and after the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from slicer.isolation.queues import PortQueues, QueueRate
from slicer.ovsdb.rows import Bridge, Port, Present, Qos

DPID_KEY = "slicer-dpid"
SLICE_KEY = "slicer-slice"
"""In external_ids: the datapath's id in 16 hexadecimal digits, and the slice's name."""
QOS_TYPE = "linux-htb"
_KERNEL = ("", "system")
"""What a datapath or an interface of the kernel's has as its type."""
Operation = dict[str, Any]


class NotThere(Exception):
    """The database knows nothing of the datapath."""


@dataclass(slots=True)
class Arrangement:
    """Operations to carry out in one transaction (none: all is well), and the queues that are there
    then: (slice, port number) -> queue id."""

    operations: list[Operation] = field(default_factory=list)
    queues: dict[tuple[str, int], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def arrange(present: Present, dpid: int, wanted: Mapping[int, PortQueues]) -> Arrangement:
    """What gives a datapath's ports these queues. Raises NotThere."""
    return _Arranging(present, dpid).run(wanted)


class _Arranging:
    """One arrangement in the making."""

    def __init__(self, present: Present, dpid: int) -> None:
        self._present = present
        self._dpid = f"{dpid:016x}"
        self._dpids = {each.datapath_id for each in present.bridges}
        self._made = Arrangement()
        self._names = count()
        self._kept: set[str] = set()
        """The QoS and Queue rows that are in use."""

    def run(self, wanted: Mapping[int, PortQueues]) -> Arrangement:
        targets = dict(self._targets(self._bridge(), wanted))
        for uuid, number in targets.items():
            self._share(self._present.ports[uuid], number, wanted[number])
        for port in self._present.ports.values():
            if port.uuid in targets:
                continue
            if port.qos is not None and self._mark(port.qos) == self._dpid:
                self._set_qos(port, ["set", []])
            elif port.qos is not None:
                self._keep(port.qos)
        self._delete_rest()
        return self._made

    def _bridge(self) -> Bridge:
        found = [each for each in self._present.bridges if each.datapath_id == self._dpid]
        if len(found) != 1:
            what = f"{len(found)} bridges with the datapath id {self._dpid}, expected one"
            raise NotThere(f"found {what}")
        return found[0]

    def _targets(
        self, bridge: Bridge, wanted: Mapping[int, PortQueues]
    ) -> Iterator[tuple[str, int]]:
        """(uuid, number) of the ports that are to have queues, and can."""
        if bridge.datapath_type not in _KERNEL:
            return
        for uuid in bridge.ports:
            port = self._present.ports[uuid]
            interfaces = [self._present.interfaces[each] for each in port.interfaces]
            number = interfaces[0].ofport if len(interfaces) == 1 else None
            if number is None or number not in wanted or interfaces[0].type not in _KERNEL:
                continue
            if port.qos is None or self._is_own(port.qos):
                yield uuid, number
            else:
                self._made.notes.append(
                    f"port {number} ({port.name}) has a QoS that is not the slicer's: it is left "
                    "alone, and meters hold the slices back there"
                )

    # ---- one port ----

    def _share(self, port: Port, number: int, wanted: PortQueues) -> None:
        """Give a port its QoS and queues."""
        uuid = port.qos if port.qos not in self._kept else None
        there = self._present.qos[uuid] if uuid is not None else None
        ids = self._ids(there, wanted)
        self._made.queues |= {(name, number): queue for name, queue in ids.items()}
        rows = {ids[name]: self._queue(there, ids[name], name, wanted.rates[name]) for name in ids}
        most = {"max-rate": str(wanted.capacity)}
        qos = Qos(QOS_TYPE, {}, most, {DPID_KEY: self._dpid})
        row = {
            "type": qos.type,
            "other_config": _map(qos.other_config),
            "external_ids": _map(qos.external_ids),
            "queues": ["map", [[queue, rows[queue]] for queue in sorted(rows)]],
        }
        if uuid is None or there is None:
            self._set_qos(port, self._insert("QoS", row))
            return
        self._kept.add(uuid)
        same = {number: ["uuid", each] for number, each in there.queues.items()}
        if same != rows or (there.type, there.other_config, there.external_ids) != (
            qos.type,
            qos.other_config,
            qos.external_ids,
        ):
            self._unless_changed("QoS", uuid, "queues", _queue_map(there.queues))
            self._update("QoS", uuid, row)

    def _ids(self, there: Qos | None, wanted: PortQueues) -> dict[str, int]:
        """Each slice's queue at a port; ids that are given up now go to nobody."""
        taken = dict(there.queues) if there is not None else {}
        ids: dict[str, int] = {}
        for number, uuid in sorted(taken.items()):
            name = self._present.queues[uuid].external_ids.get(SLICE_KEY, "")
            own = self._is_own(uuid) and number and uuid not in self._kept
            if own and name in wanted.rates and name not in ids:
                ids[name] = number
        free = (number for number in count(1) if number not in taken)
        return ids | {name: next(free) for name in wanted.rates if name not in ids}

    def _queue(self, there: Qos | None, number: int, name: str, rate: QueueRate) -> list[str]:
        """The reference to a queue's row, which is made or mended."""
        settings = {"min-rate": str(rate.least), "max-rate": str(rate.most)}
        marks = {DPID_KEY: self._dpid, SLICE_KEY: name}
        row = {"other_config": _map(settings), "external_ids": _map(marks)}
        uuid = there.queues.get(number) if there is not None else None
        if uuid is None:
            return self._insert("Queue", row)
        self._kept.add(uuid)
        found = self._present.queues[uuid]
        if (found.other_config, found.external_ids) != (settings, marks):
            self._update("Queue", uuid, row)
        return ["uuid", uuid]

    # ---- rows ----

    def _is_own(self, uuid: str) -> bool:
        """Is a QoS or Queue row the slicer's, of this datapath or of one that is gone?"""
        mark = self._mark(uuid)
        return mark == self._dpid or (mark is not None and mark not in self._dpids)

    def _mark(self, uuid: str) -> str | None:
        row = self._present.qos.get(uuid) or self._present.queues[uuid]
        return row.external_ids.get(DPID_KEY)

    def _keep(self, qos: str) -> None:
        self._kept |= {qos, *self._present.qos[qos].queues.values()}

    def _delete_rest(self) -> None:
        """Delete the slicer's rows that nothing uses any more."""
        for uuid in self._present.qos:
            if not self._is_own(uuid):
                self._keep(uuid)
        for table, rows in (("QoS", self._present.qos), ("Queue", self._present.queues)):
            for uuid in rows:
                if uuid not in self._kept and self._is_own(uuid):
                    where = [["_uuid", "==", ["uuid", uuid]]]
                    self._made.operations.append({"op": "delete", "table": table, "where": where})

    def _set_qos(self, port: Port, reference: list[Any]) -> None:
        before = ["set", [] if port.qos is None else [["uuid", port.qos]]]
        self._unless_changed("Port", port.uuid, "qos", before)
        self._update("Port", port.uuid, {"qos": reference})

    def _insert(self, table: str, row: Mapping[str, Any]) -> list[str]:
        name = f"row{next(self._names)}"
        operation = {"op": "insert", "table": table, "row": row, "uuid-name": name}
        self._made.operations.append(operation)
        return ["named-uuid", name]

    def _update(self, table: str, uuid: str, row: Mapping[str, Any]) -> None:
        where = [["_uuid", "==", ["uuid", uuid]]]
        self._made.operations.append({"op": "update", "table": table, "where": where, "row": row})

    def _unless_changed(self, table: str, uuid: str, column: str, value: list[Any]) -> None:
        """The transaction is to fail where somebody else has changed that since it was read."""
        self._made.operations.append(
            {
                "op": "wait",
                "table": table,
                "where": [["_uuid", "==", ["uuid", uuid]]],
                "columns": [column],
                "until": "==",
                "rows": [{column: value}],
                "timeout": 0,
            }
        )


def _map(values: Mapping[str, str]) -> list[Any]:
    return ["map", [[key, value] for key, value in sorted(values.items())]]


def _queue_map(queues: Mapping[int, str]) -> list[Any]:
    return ["map", [[number, ["uuid", uuid]] for number, uuid in sorted(queues.items())]]

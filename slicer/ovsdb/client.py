"""Client: carries out `ArrangeQueues` at a switch's database server, on a green thread.

Each arrangement has a connection of its own, so nothing is to be kept alive or made anew: who asks
again later finds what has changed meanwhile. Messages are those of the `ovs` library; its streams
wait in ways that eventlet does not know, and its parser takes sixty times as long as Python's, so
sockets and JSON are eventlet's and Python's. What is decided is in `arranging.py`.

Invariant: one event comes of each command, within PATIENCE seconds and a little; a change is made
all or not at all.
"""

from __future__ import annotations

import json
import os
from typing import Any

import eventlet
import ovs.json
from eventlet.green import socket
from ovs.jsonrpc import Message

from slicer.ovsdb import rows
from slicer.ovsdb.arranging import Arrangement, NotThere, Operation, arrange
from slicer.policy.ovsdb import Ovsdb, UnixSocket
from slicer.proxy.events import ArrangeQueues, QueuesArranged, QueuesRefused

PATIENCE = 5.0
"""Seconds for everything: connecting, asking, and the switch's having done it."""
POLL = 0.05
"""Seconds between two looks at whether the switch has done it."""
READ_SIZE = 1 << 16
MOST_BYTES = 64 << 20
"""More than that no answer takes: a port, its interface, QoS and queues take about 2,000."""
TRIALS = 5
"""So often rows may change between being read and being changed."""
_DATABASE = "Open_vSwitch"
_CONFIGURED: tuple[Operation, ...] = (
    {"op": "mutate", "table": _DATABASE, "where": [], "mutations": [["next_cfg", "+=", 1]]},
    {"op": "select", "table": _DATABASE, "where": [], "columns": ["next_cfg"]},
)
_DONE: Operation = {"op": "select", "table": _DATABASE, "where": [], "columns": ["cur_cfg"]}


class Refused(Exception):
    """The server did not do what it was asked; the text says why."""


class Changed(Refused):
    """Somebody else has changed the rows meanwhile."""


def carry_out(asked: ArrangeQueues) -> QueuesArranged | QueuesRefused:
    """Arrange a datapath's queues; waits as eventlet does."""
    try:
        with eventlet.Timeout(PATIENCE, OSError(f"no answer in {PATIENCE:g} s")):
            made = _arrange(asked)
    except (OSError, UnicodeError, rows.MalformedReply, NotThere, Refused) as error:
        # Of a connection that eventlet has tried, the text is only the error's name.
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number else str(error)
        return QueuesRefused(asked.peer, f"OVSDB at {asked.where}: {why}")
    return QueuesArranged(asked.peer, made.queues, tuple(made.notes))


def _arrange(asked: ArrangeQueues) -> Arrangement:
    with _connect(asked.where) as sock:
        server = _Server(sock)
        for _ in range(TRIALS):
            present = rows.present(server.transact(*rows.READ))
            made = arrange(present, asked.dpid, asked.ports)
            if not made.operations:
                return made
            try:
                *_, chosen = server.transact(*made.operations, *_CONFIGURED)
            except Changed:
                continue
            _wait(server, rows.number(chosen, "next_cfg"))
            return made
    raise Refused(f"found its rows changed by somebody else {TRIALS} times in a row")


def _wait(server: _Server, number: int) -> None:
    """Until the switch has carried out what the database says."""
    while True:
        (chosen,) = server.transact(_DONE)
        if rows.number(chosen, "cur_cfg") >= number:
            return
        eventlet.sleep(POLL)


def _connect(where: Ovsdb) -> Any:
    if not isinstance(where, UnixSocket):
        return socket.create_connection((where.host, where.port))
    sock: Any = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(where.path)
    except OSError:
        sock.close()
        raise
    return sock


class _Server:
    """One connection: a question at a time."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._buffer = b""
        self._decoder = json.JSONDecoder()

    def transact(self, *operations: Operation) -> list[Any]:
        """Carry out operations in one transaction (RFC 7047 4.1.3); all their results.

        Raises Refused or Changed where one of them failed, and so all of them.
        """
        asked = Message.create_request("transact", [_DATABASE, *operations])
        self._send(asked)
        while (reply := self._receive()).id != asked.id or reply.type == Message.T_REQUEST:
            if (reply.type, reply.method) == (Message.T_REQUEST, "echo"):
                self._send(Message.create_reply(reply.params, reply.id))
        if reply.type != Message.T_REPLY or not isinstance(reply.result, list):
            raise Refused(f"found {str(reply.error)[:200]!r}, expected results")
        for result in reply.result:
            if isinstance(result, dict) and "error" in result:
                why = Changed if result["error"] == "timed out" else Refused
                raise why(f"{result['error']}: {result.get('details', 'no details')}")
        if len(reply.result) != len(operations):
            raise rows.MalformedReply(f"found {len(reply.result)} results of {len(operations)}")
        return list(reply.result)

    def _send(self, message: Message) -> None:
        self._sock.sendall(ovs.json.to_string(message.to_json()).encode())

    def _receive(self) -> Any:
        while True:
            found = self._next()
            if found is not None:
                message = Message.from_json(found)
                if not isinstance(message, Message):
                    raise rows.MalformedReply(message)
                return message
            data = self._sock.recv(READ_SIZE)
            if not data:
                raise Refused("found that it closed the connection")
            self._buffer += data
            if len(self._buffer) > MOST_BYTES:
                raise Refused(f"found more than {MOST_BYTES} bytes in one answer")

    def _next(self) -> Any:
        """The next message, or None while it isn't there as a whole."""
        if not self._buffer.endswith((b"}", b"\n")):
            return None
        text = self._buffer.decode()
        try:
            found, end = self._decoder.raw_decode(text)
        except ValueError:
            return None
        except RecursionError as error:
            raise rows.MalformedReply("found an answer that is nested without end") from error
        self._buffer = text[end:].lstrip().encode()
        return found

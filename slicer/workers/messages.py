"""Messages: what front, supervisor and workers say to each other, one datagram each.

They go over SOCK_SEQPACKET pairs, so each arrives whole or not at all, whoever else writes there.
What an engine asks and is told about dpids passes as it is. Invariant: `decode(encode(m)) == m`.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import Any, get_args

from slicer.proxy.events import Challenged, Claim, Defend, Denied, Granted, Joined, Left, Release

LONGEST = 1 << 17
"""Bytes of the longest datagram."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Front to supervisor, first: the policy's path, how many workers, the engine's settings by
    name, from which level on to log, and how many new objects wait for the garbage collector."""

    policy: str
    workers: int
    settings: dict[str, Any]
    log_level: int
    most_young: int


@dataclass(frozen=True, slots=True)
class Count:
    """Log all that has been counted since the start: to the supervisor and from it to workers."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Supervisor to worker: are you there? `Alive` follows."""


@dataclass(frozen=True, slots=True)
class Alive:
    """Worker to supervisor: the engine has had its turn since you asked."""


@dataclass(frozen=True, slots=True)
class Line:
    """One log record, to the front."""

    level: int
    logger: str
    text: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Supervisor to worker, with a socket: a datapath has connected there, from `address`."""

    host: str
    port: int
    address: str


Engines = Claim | Release | Defend | Joined | Left | Granted | Denied | Challenged
Message = Setup | Count | Ask | Alive | Line | Adopt | Engines
_BY_NAME: dict[str, type[Message]] = {each.__name__: each for each in get_args(Message)}


def encode(message: Message) -> bytes:
    """The datagram that says it."""
    said = [type(message).__name__, *astuple(message)]
    return json.dumps(said, ensure_ascii=False).encode(errors="backslashreplace")


def decode(data: bytes) -> Message:
    """What a datagram says. Raises ValueError for what is none of `encode`'s."""
    name, *values = json.loads(data)
    kind: Any = _BY_NAME.get(name)
    if kind is None:
        raise ValueError(f"found a message {name!r}, expected one of {', '.join(_BY_NAME)}")
    message: Message = kind(*values)
    return message

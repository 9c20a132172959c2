"""Dialling: a connection to a host, which may be given by name.

Names are asked of the system's resolver in a thread, as that waits. Invariant: nobody else waits
for a name or for a host.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import eventlet
from eventlet import tpool
from eventlet.green import socket
from eventlet.patcher import original

PATIENCE = 5.0
"""Seconds that a host's addresses have together; each has an equal part."""
resolve: Any = original("socket").getaddrinfo


def dial(host: str, port: int) -> Any:
    """A socket that is connected there, the first of the name's addresses that answers.

    Raises:
        OSError: there is no such host, or it doesn't answer.
        UnicodeError: the name can't be one.
    """
    failed = OSError(f"{host} has no address")
    addresses = _addresses(host)
    part = PATIENCE / max(len(addresses), 1)
    for address in addresses:
        try:
            with eventlet.Timeout(part, OSError(f"no answer from {address} in {part:g} s")):
                return socket.create_connection((address, port))
        except OSError as error:
            failed = error
    raise failed


def _addresses(host: str) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        found = tpool.execute(resolve, host, None, 0, socket.SOCK_STREAM)
        return list(dict.fromkeys(address[0] for *_, address in found))

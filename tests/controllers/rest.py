"""The HTTP interface of Ryu's `ofctl_rest`, and what of its answers can be compared.

Invariant: no answer is changed in anything but durations and the names that the bridges have.
"""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.live.lab import Process, wait_for

_VARYING = (
    (r'"duration_n?sec": \d+', '"duration": 0'),
    (r"\b(direct|sliced)", "port"),
)
Answer = tuple[int, Any]
"""The HTTP status, and what the JSON says."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The interface at a port of this machine."""

    port: int

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Answer:
        """GET a path below /stats/, or POST this to it, or use another method."""
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}/stats/{path}"
        request = urllib.request.Request(url, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, _read(reply.read().decode())
        except urllib.error.HTTPError as error:
            return error.code, None

    def wait_for(self, process: Process, dpid: int = 1) -> None:
        """Wait until the process offers the interface, and knows the switch."""
        process.wait_for_log("wsgi starting up")
        wait_for(lambda: dpid in self.ask("switches")[1], f"switch {dpid} in ofctl_rest")


def _read(text: str) -> Any:
    for pattern, constant in _VARYING:
        text = re.sub(pattern, constant, text)
    return json.loads(text) if text else None

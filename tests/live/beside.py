"""What live tests of attacks share: a victim and an attacker on one switch, and what one feels of
the other.

Invariant: ratios are of times that were measured in one run, in phases that take turns.
"""

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from controllers.attacks.attack import Field
from controllers.attacks.session import Session
from controllers.attacks.victim import Record, Sliver
from tests.live.lab import Lab, Process
from tests.live.sliced import LISTEN, hosts_and_switch, slicer

VICTIM, ATTACKER = 7000, 7100
FLOWS = 100
FIELD = Field("127.0.0.1", (ATTACKER,), 6633, FLOWS, 0.2)
STORM = """
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("eth0", 0))
frame = bytes.fromhex("ffffffffffff020000010003") + b"\\x12\\x34" + bytes({size})
began, sent = time.monotonic(), 0
while True:
    due = (time.monotonic() - began) * {rate}
    while sent < due:
        s.send(frame); sent += 1
    time.sleep(0.002)
"""
"""Sends frames of an EtherType of the attacker's at a rate."""


def policy(limits: str) -> str:
    """The victim owns what is of hosts 1 and 2, the attacker all the rest, within limits."""
    return f"""
listen: [{LISTEN}]
slices:
  victim: {{controllers: [ptcp:{VICTIM}]}}
  attacker: {{controllers: [ptcp:{ATTACKER}], limits: {{flows: {FLOWS}, {limits}}}}}
flowspace:
  - {{slice: victim, priority: 10, ports: [1, 2]}}
  - {{slice: attacker, priority: 1}}
"""


@dataclass(frozen=True)
class Scene:
    """The victim's controller is at work; hosts 3 and 4 are the attacker's."""

    lab: Lab
    slicer: Process
    record: Record
    sliver: Sliver

    def feel(self, seconds: float) -> list[float]:
        """The victim's round trips for so long, in milliseconds."""
        times = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            times.append(self.sliver.bounce())
            time.sleep(0.002)
        return times

    def unharmed(self) -> None:
        """The victim has had the answers that were due, and no message besides."""
        self.sliver.ask()
        assert (self.record.wrong, self.record.foreign, self.record.unanswered) == ([], [], 0)

    @contextmanager
    def storm(self, rate: int, size: int = 50) -> Iterator[None]:
        """Host 3 sends so many frames a second while the block runs."""
        program = STORM.format(rate=rate, size=size)
        sending = self.lab.hosts["h3"].popen(["python3", "-c", program], "storm")
        time.sleep(0.4)
        try:
            yield
        finally:
            sending.kill()
            time.sleep(0.2)

    @property
    def memory(self) -> int:
        """The bytes that the slicer has resident."""
        status = Path(f"/proc/{self.slicer.popen.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def scene(lab: Lab, limits: str) -> Iterator[Scene]:
    """Make it, and see at its end that the slicer is alive and has met no fault of its own."""
    hosts_and_switch(lab)
    process = slicer(lab, policy(limits))
    record = Record()
    for port in (VICTIM, ATTACKER):
        process.wait_for_log(f"listening at ptcp:{port}")
    with Session.ready("127.0.0.1", VICTIM) as session:
        made = Scene(lab, process, record, Sliver(session, (1, 2), record))
        made.sliver.ask()
        yield made
        made.unharmed()
    assert process.running
    assert "Traceback" not in process.log


@dataclass(frozen=True)
class Ratios:
    """How much longer the victim's round trips took with the attack than without."""

    median: float
    last: float
    """The 99th percentile."""

    @classmethod
    def of(cls, quiet: list[float], stormy: list[float]) -> "Ratios":
        """From times of phases that took turns."""
        return cls(
            statistics.median(stormy) / statistics.median(quiet),
            _last(stormy) / _last(quiet),
        )


def _last(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]

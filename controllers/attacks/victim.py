"""The victim: a well-behaved tenant controller that notices everything.

    python -m controllers.attacks.victim PORT:A,B...

For each of its slivers, met at PORT, it joins the switch's ports A and B for its traffic. Then,
over and over until SIGTERM, it has a packet come back to it (packet-out, packet-in), asks for its
flows, ports, groups and meters, and compares the answers with the first. It writes `ready`, and at
its end a JSON object, a `Record`. Invariant: a message that it has not asked for is foreign.
"""

import json
import signal
import statistics
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from threading import Event
from typing import Any, Final

from ryu.lib.packet import ethernet, icmp, ipv4, packet

from controllers.attacks.session import Closed, Frame, Session
from controllers.target import Target

PAUSE: Final = 0.02
"""Seconds between two rounds."""
KEPT: Final = 10
"""So many of what is wrong are written down in words."""
TIMESTAMP: Final = 13
"""The ICMP type of the packets that come back."""
COOKIE: Final = 0x900D
PACKET_IN: Final = 10
OF_STATISTICS: Final = 19
_COUNTERS: Final = ("duration", "packet_count", "byte_count")


@dataclass(slots=True)
class Record:
    """What it has seen."""

    rounds: int = 0
    questions: int = 0
    unanswered: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that were not as the first."""
    foreign: list[str] = field(default_factory=list)
    """Messages that it had not asked for."""
    closed: str | None = None
    """Why it could not go on to the end."""
    round_trips: list[float] = field(default_factory=list)
    """In milliseconds: the median, the 99th percentile, the longest."""


class Sliver:
    """One of its switches."""

    def __init__(self, session: Session, ports: tuple[int, int], record: Record) -> None:
        self._session = session
        self._record = record
        self._first: str | None = None
        self._number = 0
        self._in_port = ports[0]
        on = Target(session, COOKIE)
        back = {"eth_type": 0x0800, "ip_proto": 1, "icmpv4_type": TIMESTAMP}
        to_controller = on.apply(on.output(session.ofproto.OFPP_CONTROLLER))
        session.say(
            on.delete({}),
            on.flow(back, to_controller, priority=20),
            *(
                on.flow({"in_port": one}, on.apply(on.output(other)), priority=10)
                for one, other in (ports, ports[::-1])
            ),
        )
        problems = [session.error_of(frame) for frame in session.finish()]
        if problems:
            raise SystemExit(f"found {problems} in answer to the victim's flows")

    def bounce(self) -> float:
        """Have a packet come back; how long that took, in milliseconds.

        Raises:
            TimeoutError, Closed: it does not.
        """
        self._number += 1
        data = _packet(self._number)
        on = Target(self._session, COOKIE)
        of = self._session.ofproto
        out = self._session.ofproto_parser.OFPPacketOut(
            self._session,
            buffer_id=of.OFP_NO_BUFFER,
            in_port=self._in_port,
            actions=on.output(of.OFPP_TABLE),
            data=data,
        )
        began = time.monotonic()
        self._session.say(out)
        *others, _ = self._session.hear(
            lambda frame: frame.kind == PACKET_IN and frame.data.endswith(data)
        )
        self._foreign(others)
        return (time.monotonic() - began) * 1000

    def ask(self) -> None:
        """Ask for flows, ports, tables; compare.

        Raises:
            TimeoutError, Closed: there is no answer.
        """
        of, parser, session = (
            self._session.ofproto,
            self._session.ofproto_parser,
            self._session,
        )
        any_flow = (0, of.OFPTT_ALL, of.OFPP_ANY, of.OFPG_ANY, 0, 0, parser.OFPMatch())
        asked = session.say(
            parser.OFPFlowStatsRequest(session, *any_flow),
            parser.OFPPortDescStatsRequest(session, 0),
            parser.OFPGroupDescStatsRequest(session, 0),
            parser.OFPMeterConfigStatsRequest(session, 0, of.OFPM_ALL),
        )
        heard = session.finish()
        xids = [Frame(each).xid for each in asked]
        answers = [each for each in heard if each.kind == OF_STATISTICS and each.xid in xids]
        self._foreign(each for each in heard if each not in answers)
        self._record.questions += len(asked)
        self._record.unanswered += len(asked) - len({each.xid for each in answers})
        said = _without_counters([session.parse(each).to_jsondict() for each in answers])
        self._first = self._first or said
        if said != self._first:
            _note(self._record.wrong, said)

    def _foreign(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            _note(self._record.foreign, self._session.error_of(frame) or frame.data.hex())


def _note(notes: list[str], what: str) -> None:
    notes.append(what[:400] if len(notes) < KEPT else "")


def _packet(number: int) -> bytes:
    made = packet.Packet()
    made.add_protocol(ethernet.ethernet(dst="00:00:00:00:00:03", src="00:00:00:00:00:01"))
    made.add_protocol(ipv4.ipv4(src="10.0.0.1", dst="10.0.0.3", proto=1))
    made.add_protocol(icmp.icmp(type_=TIMESTAMP, data=number.to_bytes(16, "big")))
    made.serialize()
    return bytes(made.data)


def _without_counters(said: Any) -> str:
    """What statistics say, as text, without what changes by itself."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            kept = {
                name: cut(each) for name, each in value.items() if not name.startswith(_COUNTERS)
            }
            return {name: each for name, each in kept.items() if name not in ("xid", "msg_len")}
        return [cut(each) for each in value] if isinstance(value, list) else value

    return json.dumps(cut(said), sort_keys=True)


def watch(slivers: Iterable[Sliver], record: Record, stopped: Event) -> None:
    """Do rounds until stopped."""
    times: list[float] = []
    slivers = list(slivers)
    try:
        while not stopped.wait(PAUSE):
            for sliver in slivers:
                times.append(sliver.bounce())
                sliver.ask()
            record.rounds += 1
    except (Closed, TimeoutError) as why:
        record.closed = f"{type(why).__name__}: {why}"
    if len(times) > 1:
        last = statistics.quantiles(times, n=100)[98]
        record.round_trips = [statistics.median(times), last, max(times)]


def main(places: list[str]) -> None:
    """Be the victim until SIGTERM."""
    stopped, record = Event(), Record()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with ExitStack() as stack:
        slivers = []
        for place in places:
            port, ports = place.split(":")
            one, other = map(int, ports.split(","))
            session = stack.enter_context(Session.ready("127.0.0.1", int(port)))
            slivers.append(Sliver(session, (one, other), record))
        print("ready", flush=True)
        watch(slivers, record, stopped)
    print(json.dumps(asdict(record)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

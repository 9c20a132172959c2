"""Hostile: a tenant controller that tries, one after the other, all of `attempts.py`.

    PYTHONPATH=. ryu-manager controllers.hostile

When HOSTILE_DATAPATHS datapaths (default 1) have joined, each attempt's messages go to all of
them; then it waits HOSTILE_DWELL seconds (default 0.4), and for packets that the attempt needs
PACKETS_TIMEOUT at most, notes what it got, and clears its flows, groups and port settings for the
next. The report, in HOSTILE_REPORT (default `hostile.jsonl`), has one JSON object a line: an
`Outcome` for each attempt, then `{"done": true}`.

Invariant: the report says what came back and nothing of what it means; who judges has seen the
victim's traffic too.
"""

import json
import os
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ryu.base import app_manager
from ryu.controller import ofp_event
from ryu.controller.handler import MAIN_DISPATCHER, set_ev_cls
from ryu.lib import hub
from ryu.lib.packet import packet, tcp
from ryu.ofproto import ofproto_v1_3

from controllers.attempts import ATTEMPTS, Attempt
from controllers.target import VICTIM_PORT, Target

ANSWER_TIMEOUT: Final = 5.0
"""Seconds in which a datapath must have answered a barrier."""
WANTED_PACKETS: Final = 10
"""So many make an attempt that needs packets worth something."""
PACKETS_TIMEOUT: Final = 3.0
"""Seconds in which it must have had them. Open vSwitch counts them up to half a second late."""
FIRST_COOKIE: Final = 0xBAD_0001


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt, over all datapaths."""

    name: str
    due: str
    """The answer that is due: see `attempts.Due`."""
    began: float
    ended: float
    """By the clock that all processes of a machine share, in seconds."""
    sent: int
    """Messages."""
    errors: dict[str, int]
    """How many of them were answered by which error, by OpenFlow's name for its code."""
    silent: list[str]
    """Datapaths that answered no barrier in time."""
    flows: int
    """Flows that the tenant was shown at the end, of all there are."""
    packets: int
    """Packets that its flows had matched."""
    needs_packets: bool
    """See `attempts.Attempt`."""
    caught: int
    """Packets of the victim's that it was sent."""


class Hostile(app_manager.RyuApp):
    """The application. It goes on answering echo requests when it is done."""

    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._report = Path(os.environ.get("HOSTILE_REPORT", "hostile.jsonl"))
        self._expected = int(os.environ.get("HOSTILE_DATAPATHS", "1"))
        self._dwell = float(os.environ.get("HOSTILE_DWELL", "0.4"))
        self._datapaths: dict[int, Any] = {}
        self._errors: dict[tuple[int, int], str] = {}
        self._replies: dict[tuple[int, int], Any] = {}
        self._caught = 0

    @set_ev_cls(ofp_event.EventOFPStateChange, MAIN_DISPATCHER)
    def joined(self, event: Any) -> None:
        """Begin when the last datapath has joined."""
        self._datapaths[event.datapath.id] = event.datapath
        if len(self._datapaths) == self._expected:
            self.threads.append(hub.spawn(self._try_all))

    @set_ev_cls(ofp_event.EventOFPErrorMsg, MAIN_DISPATCHER)
    def refused(self, event: Any) -> None:
        """Note the error's name."""
        message = event.msg
        name = error_name(message.datapath.ofproto, message.type, message.code)
        self._errors[message.datapath.id, message.xid] = name

    @set_ev_cls(ofp_event.EventOFPBarrierReply, MAIN_DISPATCHER)
    @set_ev_cls(ofp_event.EventOFPAggregateStatsReply, MAIN_DISPATCHER)
    def answered(self, event: Any) -> None:
        """Note the answer."""
        self._replies[event.msg.datapath.id, event.msg.xid] = event.msg

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, event: Any) -> None:
        """Count the victim's packets."""
        header = packet.Packet(event.msg.data).get_protocol(tcp.tcp)
        if header is not None and VICTIM_PORT in (header.src_port, header.dst_port):
            self._caught += 1

    def _try_all(self) -> None:
        with self._report.open("w") as report:
            for number, attempt in enumerate(ATTEMPTS):
                outcome = self._try(attempt, FIRST_COOKIE + number)
                print(json.dumps(asdict(outcome)), file=report, flush=True)
            print(json.dumps({"done": True}), file=report)

    def _try(self, attempt: Attempt, cookie: int) -> Outcome:
        targets = [Target(datapath, cookie) for datapath in self._datapaths.values()]
        self._errors.clear()
        self._replies.clear()
        self._caught = 0
        began = time.monotonic()
        sent = [_send(target, each) for target in targets for each in attempt.messages(target)]
        silent = self._ask(targets, _barrier).unanswered
        hub.sleep(self._dwell)
        flows, packets = self._matched(targets)
        wanted = WANTED_PACKETS if attempt.needs_packets else 0
        while packets < wanted and time.monotonic() < began + PACKETS_TIMEOUT:
            hub.sleep(0.1)
            flows, packets = self._matched(targets)
        ended = time.monotonic()
        self._ask(targets, _clear)
        return Outcome(
            attempt.name,
            attempt.due.value,
            began,
            ended,
            len(sent),
            dict(Counter(self._errors[each] for each in sent if each in self._errors)),
            silent,
            flows,
            packets,
            attempt.needs_packets,
            self._caught,
        )

    def _matched(self, targets: list[Target]) -> tuple[int, int]:
        """How many flows the tenant is shown, and how many packets those have matched."""
        sums = [reply.body for reply in self._ask(targets, _aggregate).replies]
        return sum(each.flow_count for each in sums), sum(each.packet_count for each in sums)

    def _ask(self, targets: list[Target], request: Callable[[Target], Iterable[Any]]) -> "_Answers":
        """Send requests whose last is answered; wait for all answers."""
        asked = {[_send(target, each) for each in request(target)][-1] for target in targets}
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while not asked <= self._replies.keys() and time.monotonic() < deadline:
            hub.sleep(0.01)
        return _Answers(
            [self._replies[each] for each in asked if each in self._replies],
            [f"{dpid:016x}" for dpid, xid in asked if (dpid, xid) not in self._replies],
        )


@dataclass(frozen=True, slots=True)
class _Answers:
    replies: list[Any]
    unanswered: list[str]


def error_name(ofproto: Any, kind: int, code: int) -> str:
    """An error's name as OpenFlow writes it, such as `OFPBRC_BAD_TYPE`."""
    name: str = ofproto.ofp_error_code_to_str(kind, code)
    return name.split("(")[0]  # Ryu writes OFPBRC_BAD_TYPE(1)


def _send(target: Target, request: Any) -> tuple[int, int]:
    """Send a message; return what its answer is known by: dpid and xid."""
    datapath = target.datapath
    if isinstance(request, bytes):
        datapath.send(request)
        return datapath.id, struct.unpack_from("!I", request, 4)[0]
    datapath.send_msg(request)
    return datapath.id, request.xid


def _barrier(target: Target) -> Iterable[Any]:
    yield target.parser.OFPBarrierRequest(target.datapath)


def _aggregate(target: Target) -> Iterable[Any]:
    of = target.of
    yield target.parser.OFPAggregateStatsRequest(
        target.datapath, 0, of.OFPTT_ALL, of.OFPP_ANY, of.OFPG_ANY, 0, 0, target.parser.OFPMatch()
    )


def _clear(target: Target) -> Iterable[Any]:
    yield from (target.port(number) for number in target.ports)
    yield target.group(target.of.OFPG_ALL, command=target.of.OFPGC_DELETE)
    yield target.delete({})
    yield from _barrier(target)

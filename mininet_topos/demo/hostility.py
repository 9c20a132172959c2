"""Hostility, act 3: a hostile controller in place of office's, while video is at work.

Video's work is one long TCP connection with a message every few milliseconds. Office's hosts go on
too, so that the hostile tenant's flows have packets to work on. In every host a witness counts
packets of video's port that nobody should be sending. Invariant: what is compared before and after
is read from the switches, and holds everything but office's own flows.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mininet_topos.demo import flows
from mininet_topos.demo.facts import Attempt, Change, Forged, Hostility, Message, Stream
from mininet_topos.demo.network import Network, address
from mininet_topos.demo.processes import Process, Processes, tool, wait_for
from mininet_topos.demo.progress import DemoError
from mininet_topos.demo.reaching import OFFICE_PORT, SERVER_TIMEOUT, VIDEO_PORT, echo_servers
from mininet_topos.diamond import DPIDS, HOST_PORTS

VIDEO_ENDS: Final = ("h1", "h3")
OFFICE_ENDS: Final = ("h2", "h4")
STREAM_SOURCE_PORT: Final = 40000
STREAM_INTERVAL: Final = 0.02
KNOCK_INTERVAL: Final = 0.02
DWELL: Final = 0.4
"""Seconds that each attempt has, at least, to do harm."""
ATTEMPT_TIMEOUT: Final = 15.0
START_TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Traffic:
    """What runs meanwhile."""

    stream: Process
    witnesses: Mapping[str, Process]


def endure(
    net: Network,
    processes: Processes,
    replace_office: Callable[[Path], Process],
    say: Callable[[str], None],
) -> Hostility:
    """Have the hostile controller do its worst.

    Args:
        replace_office: ends office's controller and starts the hostile one, which writes its
            report to the path that it is given.
    """
    report = processes.folder / "hostile.jsonl"
    report.unlink(missing_ok=True)  # the folder may be a former demo's
    with _traffic(net) as traffic:
        before = {switch: net.held(switch) for switch in DPIDS}
        say("office's controller makes way")
        hostile = replace_office(report)
        outcomes = _follow(report, hostile, say)
        hostile.stop()
        after = {switch: net.held(switch) for switch in DPIDS}
    stream = read_stream(traffic.stream.log)
    forged = [
        each
        for host, witness in traffic.witnesses.items()
        for each in read_witness(host, witness.log)
    ]
    attempts = tuple(Attempt.of(outcome, stream, forged) for outcome in outcomes)
    refused = sum(bool(attempt.errors) for attempt in attempts)
    say(f"{len(attempts)} attempts, {refused} of them refused")
    return Hostility(
        attempts,
        stream,
        tuple(forged),
        sum(len(flows.of_slice(held, "video")) for held in before.values()),
        {switch: compare(before[switch], after[switch]) for switch in DPIDS},
    )


def compare(before: Iterable[str], after: Iterable[str]) -> Change:
    """The difference that the time has made, but for office's own flows."""
    old, new = (frozenset(held) - flows.of_slice(held, "office") for held in (before, after))
    return Change(new - old, old - new)


@contextmanager
def _traffic(net: Network) -> Iterator[_Traffic]:
    """Servers, witnesses, video's stream and office's knocking, while the block runs."""
    source, target = VIDEO_ENDS
    ends = (f"{address(source)}:{STREAM_SOURCE_PORT}", f"{address(target)}:{VIDEO_PORT}")
    from_office, to_office = OFFICE_ENDS
    watch = tool("witness", str(VIDEO_PORT), *ends)
    witnesses = {host: net.run(host, watch, "witness") for host in HOST_PORTS}
    for witness in witnesses.values():
        witness.wait_for_log("^watching$", SERVER_TIMEOUT)
    with echo_servers(net, {target: [VIDEO_PORT], to_office: [VIDEO_PORT, OFFICE_PORT]}):
        arguments = (address(target), VIDEO_PORT, STREAM_SOURCE_PORT, STREAM_INTERVAL)
        stream = net.run(source, tool("stream", *map(str, arguments)), "stream")
        stream.wait_for_log('"back"', SERVER_TIMEOUT)
        knocking = (address(to_office), OFFICE_PORT, KNOCK_INTERVAL)
        knock = net.run(from_office, tool("knock", *map(str, knocking)), "knock")
        yield _Traffic(stream, witnesses)
        knock.stop()
        stream.stop()
    for witness in witnesses.values():
        witness.stop()


def _follow(report: Path, hostile: Process, say: Callable[[str], None]) -> list[Mapping[str, Any]]:
    """Wait for one line of the report after the other, until the last.

    Raises:
        DemoError: the next one does not come, or the controller ends.
    """
    outcomes: list[Mapping[str, Any]] = []

    def has_more() -> bool:
        if not hostile.running:
            raise DemoError(f"found the hostile controller ended; {hostile.log_tail}")
        return report.exists() and report.read_text().count("\n") > len(outcomes)

    while True:
        timeout = ATTEMPT_TIMEOUT if outcomes else START_TIMEOUT
        wait_for(has_more, "further attempt of the hostile controller", timeout)
        outcome = json.loads(report.read_text().splitlines()[len(outcomes)])
        if "done" in outcome:
            return outcomes
        outcomes.append(outcome)
        say(f"{len(outcomes)}: {outcome['name']}")


def read_stream(log: str) -> Stream:
    """The record that `mininet_topos.traffic.stream` has written.

    Raises:
        DemoError: it has no end.
    """
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    if not lines or "broken" not in lines[-1]:
        raise DemoError(f"found {log[-300:]!r} from the stream, expected a record with an end")
    messages = (Message(line["sent"], line["back"]) for line in lines if "sent" in line)
    return Stream(tuple(messages), lines[-1]["broken"])


def read_witness(host: str, log: str) -> list[Forged]:
    """What `mininet_topos.traffic.witness` has written on a host."""
    lines = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return [Forged(host, line["at"], line["source"], line["target"]) for line in lines]

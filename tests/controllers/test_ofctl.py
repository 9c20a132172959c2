"""`ovs-ofctl`, as Open vSwitch ships it: with a switch, with a sliver of an equal one that owns
everything, and with slivers that share their switches.

What a sliver refuses, or answers otherwise, is listed in docs/transparency.md.
"""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.controllers import transparency
from tests.controllers.ofctl_commands import FILES, OTHERWISE, REFUSED, SAME, lines
from tests.controllers.shared import TOOLS_PORT, TRUNK, Shared, share, tools
from tests.differential.switches import DIRECT_PORT, SLIVER_PORT, two_sides
from tests.live.lab import Lab, connections, wait_for

OPTION = {"1.0": "OpenFlow10", "1.3": "OpenFlow13"}
VARYING = (
    (r"xid=0x[0-9a-f]+", "xid="),
    (r"duration=[0-9.]+s", "duration="),
    (r"duration:[0-9.]+s", "duration:"),
    # In OpenFlow 1.0 the switch is asked in a dialect that a sliver refuses, and then as that is.
    (r" (idle|hard)_age=\d+,", ""),
    (r"\bNXST_", "OFPST_"),
    (r"(?m)^OFPST_.* reply .*flags=\[more\]\n", ""),
    (r"\d{4}-\d\d-\d\dT[0-9:]+Z", ""),
    (rf"tcp:127.0.0.1:({DIRECT_PORT}|{SLIVER_PORT})", "SWITCH"),
    (r"\b(direct|sliced)", "port"),
)
Said = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Tool:
    """`ovs-ofctl` in one version of OpenFlow; the files that it reads are in a folder."""

    version: str
    folder: Path

    def say(self, line: str) -> tuple[Said, Said]:
        """The exit status and the lines of output with the switch, and with the sliver; without
        what no two switches have in common, and sorted."""
        return self._say(DIRECT_PORT, line), self._say(SLIVER_PORT, line)

    def _say(self, port: int, line: str) -> Said:
        words = line.split()
        verb = next(index for index, word in enumerate(words) if not word.startswith("--"))
        words.insert(verb + 1, f"tcp:127.0.0.1:{port}")
        done = subprocess.run(
            ["ovs-ofctl", "-O", OPTION[self.version], *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        for pattern, constant in VARYING:
            said = re.sub(pattern, constant, said)
        return done.returncode, sorted(said.splitlines())


@pytest.mark.parametrize("version", SAME)
def test_a_sliver_of_everything_answers_as_a_switch(lab: Lab, version: str) -> None:
    for name, text in FILES.items():
        (lab.folder / name).write_text(text)
    tool = Tool(version, lab.folder)
    wrong: list[str] = []
    with two_sides(lab):
        for line in lines(SAME[version]):
            direct, sliced = tool.say(line)
            if direct != sliced:
                wrong.append(f"{line}: found {without(sliced, direct)} of the sliver, ")
                wrong.append(f"    expected {without(direct, sliced)} as of the switch")
        for line, varying in OTHERWISE[version].items():
            (status, direct_lines), (sliced_status, sliced_lines) = tool.say(line)
            differing = set(direct_lines) ^ set(sliced_lines)
            if status or sliced_status or not differing:
                wrong.append(f"{line}: is no difference, or an error: {differing}")
            wrong += [f"{line}: {one}" for one in differing if not re.search(varying, one)]
        for line in lines(REFUSED[version]):
            direct, sliced = tool.say(line)
            refusals = listed()[line][1].split("; ")
            if says(direct, refusals) or not says(sliced, refusals):
                wrong.append(f"{line}: found {sliced}, expected {refusals}; the switch: {direct}")
    assert not wrong, "\n".join(wrong)
    assert "Traceback" not in lab.processes["slicer"].log


def without(said: Said, other: Said) -> Said:
    """The status, and a few of the lines that somebody else has not said."""
    return said[0], sorted(set(said[1]) - set(other[1]))[:5]


def says(said: Said, texts: Iterable[str]) -> bool:
    """Tell whether one of the texts is in what has been said."""
    return any(text in line for text in texts for line in said[1])


def listed() -> dict[str, list[str]]:
    """The document's row for each command that it lists."""
    rows = transparency.rows("ovs-ofctl")
    return {line: row for row in rows for line in re.findall(r"`([^`]+)`", row[0])}


def test_the_document_lists_what_differs() -> None:
    differing = {line for text in REFUSED.values() for line in lines(text)}
    assert set(listed()) == differing.union(*OTHERWISE.values())


@pytest.mark.parametrize("version", OPTION)
def test_slivers_that_share_their_switches(lab: Lab, version: str) -> None:
    shared = share(lab)
    option = OPTION[version]
    blue = shared.lab.bridges["s1"].ofctl("dump-flows").count("table=1,")
    for number in (1, 2):
        for flow in (f"in_port=1,actions={TRUNK}", f"in_port={TRUNK},actions=1"):
            shared.ofctl("add-flow", flow, sliver=number, version=option)
    shared.reach("r1", "r3")
    shared.miss("r1", "r2")
    watch_packets(shared, option)
    for number in (1, 2):
        shared.ofctl("del-flows", sliver=number, version=option)
    shared.lose("r1", "r3")
    shared.are_apart()
    assert blue == shared.lab.bridges["s1"].ofctl("dump-flows").count("table=1,")


def watch_packets(shared: Shared, option: str) -> None:
    """`monitor` and `snoop` show what the sliver tells its controllers, and nothing of the other
    tenant's."""
    start = ["ovs-ofctl", "-O", option]
    watchers = [
        shared.lab.start([*start, "monitor", tools(1), "65534"], "monitor"),
        shared.lab.start([*start, "snoop", tools(1)], "snoop"),
    ]
    wait_for(lambda: connections(TOOLS_PORT) == len(watchers), "both at the sliver")
    shared.ofctl("add-flow", "in_port=2,send_flow_rem,actions=CONTROLLER:77", version=option)
    shared.host("r2").ping("10.0.0.99", 1)
    for watcher in watchers:
        watcher.wait_for_log(r"OFPT_PACKET_IN .*in_port=2 \(via action\)")
        watcher.wait_for_log("arp_spa=10.0.0.2,arp_tpa=10.0.0.99")
    shared.reach("b1", "b2")
    shared.ofctl("del-flows", "in_port=2", version=option)
    for watcher in watchers:
        watcher.wait_for_log("OFPT_FLOW_REMOVED .*in_port=2 .*reason=delete")
        assert not re.search(r"10\.0\.0\.1[12]\b", watcher.log)

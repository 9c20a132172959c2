"""Watchers of a slice on real Open vSwitch: `ovs-ofctl` through a watcher's port reads and hears
all of the slice's and changes nothing, in the pipeline and on a switch of OpenFlow 1.0.
"""

import re

import pytest

from tests.live.lab import Lab, command, wait_for
from tests.live.sliced import LISTEN, flows, hosts_and_switch, slicer

RED, WATCHER = "tcp:127.0.0.1:7000", "tcp:127.0.0.1:7200"
POLICY = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [ptcp:7000], watchers: [ptcp:7200]}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
CHANGES = {
    "add-flow": ("priority=9,in_port=2,actions=output:1",),
    "mod-flows": ("actions=drop",),
    "del-flows": (),
    "packet-out": ("in_port=1,packet=" + "ff" * 6 + "020000010001" + "1234" + "00" * 50
                   + ",actions=output:2",),
    "mod-port": ("1", "no-flood"),
}  # fmt: skip
CHANGES_OF_1_3 = {
    "add-group": ("group_id=1,type=all,bucket=output:2",),
    "del-groups": (),
    "add-meter": ("meter=1,kbps,band=type=drop,rate=100",),
    "del-meters": (),
}
READS = ("show", "dump-flows", "dump-aggregate", "dump-tables", "dump-ports", "dump-ports-desc")
READS_OF_1_3 = ("dump-groups", "dump-group-stats", "dump-group-features", "dump-meters",
                "meter-stats", "meter-features", "dump-table-features")  # fmt: skip


@pytest.fixture(params=["pipeline, 1.3", "pipeline, 1.0", "clip, 1.0"])
def version(lab: Lab, request: pytest.FixtureRequest) -> str:
    """Red's and its watcher's version, with a switch that is sliced in this way."""
    hosts_and_switch(lab)
    if request.param == "clip, 1.0":
        lab.bridges["s1"].set("protocols=OpenFlow10")
    return "OpenFlow13" if request.param.endswith("1.3") else "OpenFlow10"


def ofctl(version: str, verb: str, target: str, *arguments: str) -> str:
    return command("ovs-ofctl", "-O", version, verb, target, *arguments)


def refused(lab: Lab, version: str, verb: str, *arguments: str) -> str:
    """What ovs-ofctl says of the error that it gets through the watcher's port."""
    name = f"{verb} as a watcher"
    process = lab.start(["ovs-ofctl", "-O", version, verb, WATCHER, *arguments], name)
    process.wait()
    return process.log


def on_switch(lab: Lab) -> tuple[list[str], str, str]:
    """What the switch holds, without counters."""
    bridge = lab.bridges["s1"]
    protocols = command("ovs-vsctl", "get", "bridge", "s1", "protocols")
    if "OpenFlow10" in protocols:
        return flows(bridge.ofctl("dump-flows", version="OpenFlow10")), "", ""
    return (
        flows(bridge.ofctl("dump-flows")),
        bridge.ofctl("dump-groups"),
        "".join(sorted(re.findall(r"meter=\S+", bridge.ofctl("dump-meters")))),
    )


def test_a_watcher_reads_everything_and_changes_nothing(lab: Lab, version: str) -> None:
    process = slicer(lab, POLICY)
    ofctl(version, "add-flow", RED, "priority=7,in_port=1,actions=output:2")
    is_new = version == "OpenFlow13"
    before = on_switch(lab)
    # Open vSwitch's name for IS_SLAVE since 2.14.
    error = "OFPBRC_IS_SECONDARY" if is_new else "OFPBRC_EPERM"
    for verb, arguments in (CHANGES | (CHANGES_OF_1_3 if is_new else {})).items():
        assert error in refused(lab, version, verb, *arguments), verb
        assert on_switch(lab) == before, verb
    for verb in READS + (READS_OF_1_3 if is_new else ()):
        said = _steady(ofctl(version, verb, WATCHER))
        assert said == _steady(ofctl(version, verb, RED)), verb
    assert flows(ofctl(version, "dump-flows", WATCHER)) == [
        "cookie=0x0, table=0, priority=7,in_port=1 actions=output:2"
    ]
    process.wait_for_log(r"red on .*\(watcher .*: refused with BAD_REQUEST/\w+: FLOW_MOD")
    assert process.stop() == 0
    assert re.search(r"counted since the start: red on .*refused: BAD_REQUEST", process.log)
    assert "Traceback" not in process.log


def _steady(said: str) -> str:
    return re.sub(r"xid=0x\w+|(duration|n_packets|n_bytes|time:)\S*|[rt]x (pkts|bytes).*", "", said)


def test_a_watcher_hears_the_packet_ins_of_its_slice_alone(lab: Lab, version: str) -> None:
    slicer(lab, POLICY)
    ofctl(version, "add-flow", RED, "priority=7,in_port=1,actions=controller")
    watching = lab.start(["ovs-ofctl", "-O", version, "monitor", WATCHER, "65535"], "watcher")
    hosts = lab.hosts
    wait_for(
        lambda: hosts["h1"].ping(hosts["h2"].ip, 1) == 0 and "PACKET_IN" in watching.log,
        "a packet-in of red's",
    )
    hosts["h3"].ping(hosts["h4"].ip, 1)
    seen = re.findall(r"in_port=(\d+)", watching.log)
    assert seen
    assert set(seen) <= {"1", "2"}

"""A hostile tenant on a shared switch, and a victim that must not notice.

The victim owns UDP port 9999, the attacker all the rest, at every port: the two meet on every
link. While the attacker does its worst the victim's questions are all answered, its flows stay as
they are, and no foreign packet reaches it.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ryu.lib.packet import ethernet, ipv4, packet, udp

from tests.live.lab import Lab, Process, command, wait_for
from tests.live.sliced import flows, hosts_and_switch, slicer, tenant_flows

VICTIM, ATTACKER = "tcp:127.0.0.1:7000", "tcp:127.0.0.1:7100"
POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  victim: {controllers: [ptcp:7000]}
  attacker: {controllers: [ptcp:7100]}
flowspace:
  - {slice: victim, priority: 100, match: {eth_type: ipv4, ip_proto: udp, udp_dst: 9999}}
  - {slice: victim, priority: 100, match: {eth_type: ipv4, ip_proto: udp, udp_src: 9999}}
  - {slice: attacker, priority: 1}
"""
PROBES = str(Path(__file__).with_name("probes.py"))
QUESTIONS = 20


@dataclass(frozen=True)
class Scene:
    """The lab with both tenants' flows in place and the victim's service running."""

    lab: Lab
    answers: Process
    watcher: Process

    def ask(self) -> Process:
        """The victim's client at h1 starts to ask its server at h2."""
        h1, h2 = self.lab.hosts["h1"], self.lab.hosts["h2"]
        return h1.popen([sys.executable, PROBES, "ask", h2.ip, "9999", str(QUESTIONS)], "ask")

    def forge(self, port: int) -> None:
        """A host of the attacker's, h3, sends datagrams to the victim's server's address."""
        h3, h2 = self.lab.hosts["h3"], self.lab.hosts["h2"]
        h3.run([sys.executable, PROBES, "forge", h2.ip, str(port), "20"])


def ofctl(tool: str, verb: str, *arguments: str) -> str:
    """What a tenant's ovs-ofctl says, errors included."""
    try:
        return command("ovs-ofctl", "-O", "OpenFlow13", verb, tool, *arguments)
    except AssertionError as refused:
        return str(refused)


@pytest.fixture
def scene(lab: Lab) -> Scene:
    """Hosts know each other's addresses; the victim's flows join h1 and h2, the attacker's h3
    and h4."""
    hosts_and_switch(lab)
    lab.uncached()
    slicer(lab, POLICY)
    for host in lab.hosts.values():
        for other in lab.hosts.values():
            if other is not host:
                host.run(
                    ["ip", "neighbour", "replace", other.ip, "lladdr", other.mac, "dev", "eth0"]
                )
    for rule in ("in_port=1,udp,actions=output:2", "in_port=2,udp,actions=output:1"):
        assert ofctl(VICTIM, "add-flow", f"priority=10,{rule}") == ""
    for rule in ("in_port=3,actions=output:4", "in_port=4,actions=output:3"):
        assert ofctl(ATTACKER, "add-flow", f"priority=10,{rule}") == ""
    answers = lab.hosts["h2"].popen([sys.executable, PROBES, "answer", "9999"], "answers")
    watcher = lab.hosts["h4"].popen([sys.executable, PROBES, "watch", "9999"], "watcher")
    for process in (answers, watcher):
        process.wait_for_log("ready")
    return Scene(lab, answers, watcher)


def frame_for(scene: Scene, port: int) -> str:
    """A datagram to the victim's server, as hexadecimal digits."""
    h3, h2 = scene.lab.hosts["h3"], scene.lab.hosts["h2"]
    forged = packet.Packet()
    forged.add_protocol(ethernet.ethernet(dst=h2.mac, src=h3.mac))
    forged.add_protocol(ipv4.ipv4(src=h3.ip, dst=h2.ip, proto=17))
    forged.add_protocol(udp.udp(src_port=1, dst_port=port))
    forged.add_protocol(b"forged")
    forged.serialize()
    return bytes(forged.data).hex()


DELETES = ["", "table=0", "cookie=0/0", "udp", "out_port=2", "in_port=1"]
TAKES = [
    "priority=65535,actions=drop",
    "priority=65535,udp,udp_dst=9999,actions=output:4",
    "table=0,priority=65535,actions=FLOOD",
    "priority=65535,actions=write_metadata:0xffffffffffffffff,goto_table:250",
    "cookie=0x51ce010000010000,priority=65000,actions=output:4",
]
REWRITES = [
    "priority=65535,in_port=3,udp,actions=set_field:9999->udp_dst,output:2",
    "priority=65535,in_port=3,udp,actions=set_field:9999->udp_dst,FLOOD",
    "priority=65535,in_port=3,udp,actions=set_field:9999->udp_dst,ALL",
    "priority=65535,in_port=3,udp,actions=write_actions(set_field:9999->udp_dst,output:2)",
    "priority=65535,in_port=3,udp,actions=set_field:9999->udp_src,output:2",
    "priority=65535,in_port=3,udp,actions=set_field:9999->udp_dst,goto_table:250",
]
REFUSED = {
    "table=251,actions=drop": "OFPFMFC_BAD_TABLE_ID",
    "table=253,actions=output:2": "OFPFMFC_BAD_TABLE_ID",
    "table=250,actions=goto_table:251": "OFPBIC_BAD_TABLE_ID",
    "priority=1,reg0=1,actions=drop": "OFPBMC_BAD_FIELD",
    "actions=load:1->NXM_NX_REG0[],output:2": "OFPBAC_BAD_",
    "actions=resubmit(,252)": "OFPBAC_BAD_",
    "actions=resubmit(,0)": "OFPBAC_BAD_",
    "actions=NORMAL": "OFPBAC_BAD_OUT_PORT",
    "actions=group:2147549185": "OFPBAC_BAD_OUT_GROUP",
    "actions=note:76.69.63.74.69.6d": "OFPBAC_BAD_",
    "actions=learn(table=252)": "OFPBAC_BAD_",
}


def unharmed(scene: Scene, question: Process, victims_flows: list[str]) -> None:
    """The victim's questions were all answered, its flows are as they were, nothing was forged
    into its service, and the attacker's host saw none of its packets."""
    question.wait(timeout=20)
    assert f"answered {QUESTIONS} of {QUESTIONS}" in question.log
    assert tenant_flows(VICTIM) == victims_flows
    assert "forged" not in scene.answers.log
    assert "saw" not in scene.watcher.log


def dropped(scene: Scene) -> int:
    """How many of the attacker's packets the slicer's last stage has dropped."""
    stray = scene.lab.bridges["s1"].ofctl("dump-flows", "cookie=0x51ce090000020000/-1")
    counted = re.search(r"n_packets=(\d+)", stray)
    assert counted is not None, stray
    return int(counted[1])


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([("del-flows", what) for what in DELETES], id="deletes everything"),
        pytest.param([("add-flow", what) for what in TAKES], id="takes every priority"),
        pytest.param([("mod-flows", what) for what in TAKES], id="modifies everything"),
        pytest.param(
            [("add-flow", f"priority=65535,actions={port}") for port in ("output:1", "ALL", "99")],
            id="outputs to ports of others",
        ),
    ],
)
def test_flow_mods_change_nothing_for_the_victim(
    scene: Scene, commands: list[tuple[str, str]]
) -> None:
    before = tenant_flows(VICTIM)
    stages = [line for line in flows(scene.lab.bridges["s1"].ofctl("dump-flows")) if "51ce" in line]
    question = scene.ask()
    for verb, what in commands:
        assert ofctl(ATTACKER, verb, *([what] if what else [])) == ""
    scene.forge(5000)
    unharmed(scene, question, before)
    after = [line for line in flows(scene.lab.bridges["s1"].ofctl("dump-flows")) if "51ce" in line]
    assert [line for line in after if "reg0=" not in line] == stages


def test_a_rewritten_header_goes_no_further(scene: Scene) -> None:
    before = tenant_flows(VICTIM)
    assert ofctl(ATTACKER, "add-flow", "table=250,actions=output:2") == ""
    for rule in REWRITES:
        assert ofctl(ATTACKER, "add-flow", rule) == ""
        question = scene.ask()
        scene.forge(5000)
        unharmed(scene, question, before)
        assert dropped(scene) >= 20, f"{rule} met no packet"
        assert ofctl(ATTACKER, "del-flows", "in_port=3,udp") == ""


def test_a_packet_out_with_the_victims_header_goes_nowhere(scene: Scene) -> None:
    before = tenant_flows(VICTIM)
    question = scene.ask()
    for actions in ("output:2", "FLOOD", "ALL"):
        what = f"in_port=controller packet={frame_for(scene, 9999)} actions={actions}"
        assert "OFPBAC_EPERM" in ofctl(ATTACKER, "packet-out", what)
    already = dropped(scene)
    rewritten = "set_field:9999->udp_dst,output:2"
    what = f"in_port=controller packet={frame_for(scene, 5000)} actions={rewritten}"
    assert ofctl(ATTACKER, "packet-out", what) == ""
    unharmed(scene, question, before)
    wait_for(lambda: dropped(scene) == already + 1, "drop of the rewritten packet")


def test_the_attackers_own_packet_out_arrives(scene: Scene) -> None:
    """So that the tests above can fail: the same packet with a port of its own gets through."""
    what = f"in_port=controller packet={frame_for(scene, 5000)} actions=output:2"
    server = scene.lab.hosts["h2"].popen([sys.executable, PROBES, "answer", "5000"], "own")
    server.wait_for_log("ready")
    assert ofctl(ATTACKER, "packet-out", what) == ""
    server.wait_for_log("got b'forged'")


def test_what_reaches_for_the_slicers_own_is_refused(scene: Scene) -> None:
    before = flows(scene.lab.bridges["s1"].ofctl("dump-flows"))
    for rule, error in REFUSED.items():
        assert error in ofctl(ATTACKER, "add-flow", rule), rule
    assert flows(scene.lab.bridges["s1"].ofctl("dump-flows")) == before

"""The named attacks on a switch that speaks only OpenFlow 1.0, beside a victim whose header has the
attacker's flowspace below it: the victim notices nothing.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from controllers.attacks.attack import Attack, Field
from controllers.attacks.old import OldSession
from controllers.attacks.old_suite import OLD_SUITE
from controllers.target import VICTIM_PORT as SERVER
from tests.live.conftest import ovs  # noqa: F401  (a fixture)
from tests.live.lab import Lab, Process
from tests.live.sliced import LISTEN, flows, hosts_and_switch, slicer
from tests.live.test_clip import only_openflow_1_0

VICTIM, ATTACKER = 7000, 7100
FIELD = Field("127.0.0.1", (ATTACKER,), 6633, 100, 0.2)
POLICY = f"""
listen: [{LISTEN}]
slices:
  victim: {{controllers: [ptcp:{VICTIM}]}}
  attacker:
    controllers: [ptcp:{ATTACKER}]
    limits: {{flows: {FIELD.flows}, packet_ins_per_second: 100, messages_per_second: 400,
             outstanding_requests: 1000, outbox_bytes: 1048576}}
flowspace:
  - {{slice: victim, priority: 100, match: {{eth_type: ipv4, ip_proto: tcp, tcp_dst: {SERVER}}}}}
  - {{slice: victim, priority: 100, match: {{eth_type: ipv4, ip_proto: tcp, tcp_src: {SERVER}}}}}
  - {{slice: victim, priority: 100, match: {{eth_type: ipv4, ip_proto: icmp}}}}
  - {{slice: victim, priority: 100, match: {{eth_type: arp}}}}
  - {{slice: attacker, priority: 1}}
"""


@dataclass(frozen=True)
class Scene:
    """The victim's controller joins ports 1 and 2 and asks; hosts watch for what is forged."""

    lab: Lab
    slicer: Process
    victim: OldSession
    before: list[str]
    """What the switch holds of everybody's but the attacker's."""

    def held(self) -> list[str]:
        """What the switch holds now. The victim was sliced first, so its tag is 1."""
        dump = flows(self.lab.bridges["s1"].ofctl("dump-flows", version="OpenFlow10"))
        return [line for line in dump if "cookie=0x51ce50002" not in line]

    def forged(self) -> list[dict[str, str]]:
        """Packets of the victim's port that came to hosts; nobody has sent any."""
        lines = [
            line
            for name in ("w1", "w2", "w3", "w4")
            for line in self.lab.processes[name].log.splitlines()
        ]
        return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.fixture(scope="module")
def scene(ovs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:  # noqa: F811
    with Lab(tmp_path_factory.mktemp("attacks")) as lab:
        hosts_and_switch(lab)
        only_openflow_1_0(lab.bridges["s1"])
        lab.uncached()
        process = slicer(lab, POLICY)
        for number, host in enumerate(list(lab.hosts.values()), 1):
            watch = [sys.executable, "-m", "mininet_topos.traffic.witness", str(SERVER)]
            host.popen(watch, f"w{number}").wait_for_log("^watching$")
        with OldSession.ready("127.0.0.1", VICTIM) as victim:
            parser = victim.ofproto_parser
            victim.say(
                *(
                    parser.OFPFlowMod(
                        victim,
                        parser.OFPMatch(in_port=one),
                        actions=[parser.OFPActionOutput(other)],
                    )
                    for one, other in ((1, 2), (2, 1))
                )
            )
            assert victim.finish() == []
            made = Scene(lab, process, victim, [])
            made.before.extend(made.held())
            yield made
        assert "Traceback" not in process.log


@pytest.mark.parametrize("attack", OLD_SUITE, ids=lambda attack: attack.name)
def test_the_victim_notices_nothing_of(scene: Scene, attack: Attack) -> None:
    h1, h2 = scene.lab.hosts["h1"], scene.lab.hosts["h2"]
    pings = h1.popen(["ping", "-n", "-i", "0.05", "-c", "40", h2.ip], f"ping {attack.name}")
    attack.run(FIELD)
    assert pings.wait(20) == 0
    assert "40 received, 0% packet loss" in pings.log, pings.log
    assert scene.held() == scene.before, "the switch is not as it was"
    assert scene.forged() == []
    assert [each.priority for each in scene.victim.flows()] == [0x8000, 0x8000]
    assert scene.victim.finish() == [], "the victim has heard what it had not asked for"

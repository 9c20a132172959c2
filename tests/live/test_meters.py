"""A tenant's meters on real Open vSwitch, read and changed with ovs-ofctl."""

import re

from tests.live.lab import Lab, wait_for
from tests.live.sliced import hosts_and_switch, slicer, tenant_flows
from tests.live.test_groups import ofctl
from tests.live.test_slices import BLUE, LISTENED, RED


def meters(tool: str) -> list[str]:
    """A tenant's meters, sorted."""
    lines = re.findall(r"^meter=\d+ .*\n(?:type=.*\n)+", ofctl(tool, "dump-meters"), re.MULTILINE)
    return sorted(" ".join(each.split()) for each in lines)


def refused(lab: Lab, name: str, *arguments: str) -> str:
    """What a tenant's ovs-ofctl says when it fails."""
    process = lab.start(["ovs-ofctl", "-O", "OpenFlow13", *arguments], name)
    assert process.wait() == 1
    return process.log


WRITTEN = [
    "meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=800",
    "meter=4294901760,pktps,stats,band=type=drop,rate=5",
]
READ = [
    "meter=1 kbps burst bands= type=drop rate=1000 burst_size=800",
    "meter=4294901760 pktps stats bands= type=drop rate=5",
]


def test_two_tenants_have_meters_of_the_same_ids_and_a_restart_keeps_them(lab: Lab) -> None:
    hosts_and_switch(lab)
    first = slicer(lab, LISTENED)
    for meter in WRITTEN:
        ofctl(RED, "add-meter", meter)
    ofctl(BLUE, "add-meter", "meter=1,pktps,band=type=drop,rate=7")
    ofctl(RED, "add-flow", "in_port=1,icmp,actions=meter:1,output:2")
    ofctl(BLUE, "add-flow", "in_port=3,actions=meter:1,output:4")
    before = meters(RED), meters(BLUE), tenant_flows(RED), tenant_flows(BLUE)
    assert before[0] == READ
    assert before[1] == ["meter=1 pktps bands= type=drop rate=7"]
    assert before[2] == ["cookie=0x0, table=0, icmp,in_port=1 actions=meter:1,output:2"]
    first.kill()
    second = slicer(lab, LISTENED, "slicer-again")
    second.wait_for_log("listening at ptcp:7100")
    assert "0 added, 0 removed" in second.log
    assert (meters(RED), meters(BLUE), tenant_flows(RED), tenant_flows(BLUE)) == before
    assert "OFPMMFC_METER_EXISTS" in refused(lab, "again", "add-meter", RED, WRITTEN[0])
    other = ["add-flow", BLUE, "actions=meter:4294901760,output:4"]
    assert "OFPMMFC_INVALID_METER" in refused(lab, "another's", *other)
    assert "OFPMMFC_UNKNOWN_METER" in refused(lab, "unknown", "mod-meter", BLUE, WRITTEN[1])
    assert re.search(r"max_meter:65535 ", ofctl(RED, "meter-features"))
    ofctl(RED, "del-meters")
    assert meters(RED) == []
    assert tenant_flows(RED) == []
    assert (meters(BLUE), tenant_flows(BLUE)) == (before[1], before[3])


def test_a_meter_holds_back_and_counts_within_its_slice(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, LISTENED)
    ofctl(RED, "add-meter", "meter=3,pktps,burst,stats,band=type=drop,rate=1,burst_size=5")
    ofctl(RED, "add-flow", "in_port=1,actions=meter:3,output:2")
    ofctl(RED, "add-flow", "in_port=2,actions=output:1")
    ofctl(BLUE, "add-flow", "actions=all")
    h = lab.hosts
    assert 1 <= h["h1"].ping(h["h2"].ip, 20) < 15
    assert h["h3"].ping(h["h4"].ip, 3) == 3

    def dropped() -> bool:
        found = re.search(r"\d+: packet_count:(\d+)", ofctl(RED, "meter-stats", "meter=3"))
        return found is not None and int(found[1]) >= 1

    wait_for(dropped, "meter's counters")
    assert "meter:3" not in ofctl(BLUE, "meter-stats")

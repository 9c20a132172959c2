"""A tenant's groups on real Open vSwitch, read and changed with ovs-ofctl."""

import re

from tests.live.lab import Lab, command, wait_for
from tests.live.sliced import hosts_and_switch, slicer, tenant_flows
from tests.live.test_slices import BLUE, LISTENED, RED


def ofctl(tool: str, verb: str, *arguments: str) -> str:
    """What a tenant's ovs-ofctl says; it must succeed."""
    return command("ovs-ofctl", "-O", "OpenFlow13", verb, tool, *arguments)


def groups(tool: str) -> list[str]:
    """A tenant's groups, sorted."""
    return sorted(
        line.strip()
        for line in ofctl(tool, "dump-groups").splitlines()
        if "group_id" in line and "OFPST" not in line
    )


WRITTEN = [
    "group_id=1,type=all,bucket=actions=output:1,bucket=actions=output:2",
    "group_id=2,type=indirect,bucket=actions=set_field:02:00:00:00:00:99->eth_dst,output:2",
    "group_id=4294967040,type=select,bucket=weight:3,actions=group:2",
    "group_id=7,type=ff,bucket=watch_port:2,actions=output:2,"
    "bucket=watch_port:1,watch_group:1,actions=group:1",
    "group_id=8,type=all",
]


def test_two_tenants_have_groups_of_the_same_ids_and_a_restart_keeps_them(lab: Lab) -> None:
    hosts_and_switch(lab)
    first = slicer(lab, LISTENED)
    for group in WRITTEN:
        ofctl(RED, "add-group", group)
    ofctl(BLUE, "add-group", "group_id=1,type=indirect,bucket=output:3")
    ofctl(RED, "add-flow", "in_port=1,icmp,actions=group:1")
    ofctl(BLUE, "add-flow", "in_port=3,actions=write_actions(group:1)")
    before = groups(RED), groups(BLUE), tenant_flows(RED), tenant_flows(BLUE)
    assert before[0] == sorted(WRITTEN)
    assert before[1] == ["group_id=1,type=indirect,bucket=actions=output:3"]
    assert before[2] == ["cookie=0x0, table=0, icmp,in_port=1 actions=group:1"]
    first.kill()
    second = slicer(lab, LISTENED, "slicer-again")
    second.wait_for_log("listening at ptcp:7100")
    assert (groups(RED), groups(BLUE), tenant_flows(RED), tenant_flows(BLUE)) == before
    refused = lab.start(["ovs-ofctl", "-O", "OpenFlow13", "add-group", RED, WRITTEN[0]], "again")
    assert refused.wait() == 1
    assert "OFPGMFC_GROUP_EXISTS" in refused.log
    ofctl(RED, "del-groups")
    assert groups(RED) == []
    assert tenant_flows(RED) == []
    assert (groups(BLUE), tenant_flows(BLUE)) == (before[1], before[3])


def test_a_group_forwards_and_counts_within_its_slice(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, LISTENED)
    ofctl(RED, "add-group", "group_id=1,type=all,bucket=output:2,bucket=output:3")
    ofctl(RED, "add-flow", "in_port=1,actions=group:1")
    ofctl(RED, "add-flow", "in_port=2,actions=write_actions(group:1,output:1)")
    ofctl(RED, "add-group", "group_id=2,type=indirect,bucket=output:1")
    ofctl(RED, "mod-flows", "in_port=2,actions=write_actions(output:3,group:2)")
    h = lab.hosts
    assert h["h1"].ping(h["h2"].ip, 3) == 3
    assert h["h3"].run("cat /sys/class/net/eth0/statistics/rx_packets").stdout.strip() == "0"

    def counted() -> bool:
        found = re.search(r"group_id=1,.*packet_count=(\d+)", ofctl(RED, "dump-group-stats"))
        return found is not None and int(found[1]) >= 3

    wait_for(counted, "group's counters")
    assert "group_id" not in ofctl(BLUE, "dump-group-stats").split("OFPST")[0]
    ofctl(BLUE, "del-groups")
    assert len(groups(RED)) == 2

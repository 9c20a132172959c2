"""What `ovs-ofctl` is asked to do with a switch and with a sliver, in this order.

Words in capitals are names of files, those of FILES. MANY_FLOWS take several parts of a reply.
Invariant: a command that the sliver refuses, or that it answers otherwise, is in REFUSED or
OTHERWISE, and no command counts on what one of those has changed.
"""

from collections.abc import Mapping
from typing import Final

FILES: Final[Mapping[str, str]] = {
    "FLOWS": """\
priority=5,in_port=1,actions=output:2
priority=6,ip,in_port=2,nw_dst=10.0.0.1,actions=set_field:02:00:00:00:00:01->eth_dst,output:1
table=3,actions=drop
""",
    "OTHER_FLOWS": """\
priority=5,in_port=1,actions=output:3
table=4,priority=9,dl_vlan=100,actions=pop_vlan,controller:128
""",
    "FLOWS_OF_1.0": """\
priority=5,in_port=1,actions=output:2
priority=6,ip,in_port=2,nw_dst=10.0.0.1,actions=mod_dl_dst:02:00:00:00:00:01,output:1
""",
    "OTHER_FLOWS_OF_1.0": """\
priority=5,in_port=1,actions=output:3
priority=9,dl_vlan=100,actions=strip_vlan,controller:128
""",
    "MANY_FLOWS": "".join(
        f"priority={number},tcp,tp_dst={number},nw_dst=10.0.0.0/8,actions=output:{number % 3 + 1}\n"
        for number in range(1, 3001)
    ),
    "BUNDLE": """\
flow add in_port=1,actions=output:2
group add group_id=8,type=all,bucket=output:1
""",
}

_PACKET: Final = "02000000000202000000000108000000" + 28 * "0"

_ANY_VERSION: Final = """
dump-desc
get-frags
set-frags normal
mod-port 1 no-flood
mod-port 1 flood
mod-port 1 down
mod-port 1 up
add-flow in_port=1,actions=output:2
add-flow arp,actions=FLOOD
add-flow dl_vlan=5,actions=strip_vlan,output:3
add-flow priority=0,actions=CONTROLLER:65535
add-flow priority=1,tcp,tp_dst=80,actions=mod_tp_dst:8080,output:1
add-flow priority=2,udp,nw_src=10.0.0.0/8,actions=mod_nw_src:10.9.9.9,mod_nw_tos:4,output:1
add-flow priority=3,dl_vlan=0xffff,actions=mod_dl_src:02:00:00:00:00:07,in_port
add-flow priority=7,idle_timeout=50,hard_timeout=90,send_flow_rem,check_overlap,icmp,actions=ALL
add-flow priority=7,check_overlap,ip,actions=drop
add-flow priority=8,sctp,actions=NORMAL
dump-flows
dump-flows in_port=1
dump-flows out_port=2
dump-aggregate
dump-aggregate table=0
mod-flows in_port=1,actions=output:3
mod-flows --strict priority=7,icmp,actions=drop
del-flows dl_vlan=5
del-flows out_port=3
--strict del-flows priority=0
dump-flows
"""
_TO_THE_END: Final = f"""
dump-flows
replace-flows MANY_FLOWS
dump-aggregate
dump-flows
diff-flows MANY_FLOWS
del-flows tcp,nw_dst=10.0.0.0/8,out_port=1
dump-flows
mod-flows tcp,nw_dst=10.0.0.0/8,actions=drop
dump-flows
packet-out in_port=1,packet={_PACKET},actions=output:2
packet-out in_port=controller,packet={_PACKET},actions=table
del-flows
dump-flows
queue-stats
queue-stats 1
queue-get-config 1
probe
"""

SAME: Final[Mapping[str, str]] = {
    "1.0": f"""{_ANY_VERSION}
diff-flows FLOWS_OF_1.0
replace-flows FLOWS_OF_1.0
diff-flows FLOWS_OF_1.0
--readd replace-flows OTHER_FLOWS_OF_1.0
diff-flows OTHER_FLOWS_OF_1.0
add-flows FLOWS_OF_1.0
add-flow priority=4,tcp,actions=enqueue:1:2
{_TO_THE_END}""",
    "1.3": f"""{_ANY_VERSION}
dump-ports-desc
dump-ports-desc 2
add-flow table=1,ip,nw_src=10.0.0.0/8,actions=write_metadata:0x5/0xff,goto_table:2
add-flow table=2,metadata=0x5/0xff,actions=write_actions(set_field:02:00:00:00:00:09->eth_dst)
add-flow cookie=0x77,in_port=2,actions=push_vlan:0x8100,set_field:4103->vlan_vid,output:1
add-flow ip,in_port=3,actions=dec_ttl,set_field:10.0.0.9->ip_dst,output:1
add-flow priority=3,ipv6,ipv6_dst=fe80::/10,actions=clear_actions,output:LOCAL
add-flow priority=3,mpls,mpls_label=7,actions=pop_mpls:0x0800,output:1
add-flow priority=4,tun_id=3,actions=drop
add-flow table=2,cookie=0x1234,vlan_tci=0x1123/0x1fff,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,\
actions=drop
dump-flows
dump-flows table=1
dump-flows cookie=0x77/-1
mod-flows cookie=0x77/-1,actions=drop
del-flows cookie=0x77/-1
diff-flows FLOWS
replace-flows FLOWS
diff-flows FLOWS
--readd replace-flows OTHER_FLOWS
diff-flows OTHER_FLOWS
add-flows FLOWS
--bundle add-flow in_port=1,actions=output:2
--bundle add-flows OTHER_FLOWS
dump-flows
--bundle replace-flows FLOWS
dump-flows
bundle BUNDLE
dump-groups
del-groups
add-meter meter=1,kbps,burst,stats,band=type=drop,rate=1000,burst_size=500
add-meter meter=1,kbps,band=type=drop,rate=1000
add-meter meter=2,pktps,band=type=drop,rate=10
mod-meter meter=2,pktps,band=type=drop,rate=20
mod-meter meter=3,pktps,band=type=drop,rate=20
add-flow priority=40,udp,actions=meter:1,set_queue:1,output:1
add-flow priority=41,udp,actions=meter:7,output:1
dump-flows
dump-meters
dump-meters meter=2
meter-stats
del-meters meter=1
dump-flows
del-meters
dump-meters
add-group group_id=1,type=all,bucket=output:1,bucket=output:2
add-group group_id=1,type=all,bucket=output:1
add-group group_id=2,type=select,bucket=weight:3,output:1,bucket=weight:5,output:2
add-group group_id=3,type=indirect,bucket=group:1
add-group group_id=4,type=ff,bucket=watch_port:1,output:1,bucket=watch_port:2,output:2
mod-group group_id=1,type=all,bucket=output:3
mod-group group_id=17,type=all,bucket=output:3
add-flow priority=50,actions=group:2
dump-groups
dump-group-features
dump-group-stats
del-groups group_id=4
del-groups
dump-groups
{_TO_THE_END}""",
}
"""By OpenFlow version: what a sliver carries out, answers or refuses as a switch does."""

_SHOWN: Final = {
    "show": r"n_tables:|OFPT_GET_CONFIG_REPLY",
    "dump-tables": r"table|active|features",
    "dump-ports": r"drop=",
}
OTHERWISE: Final[Mapping[str, Mapping[str, str]]] = {
    "1.0": _SHOWN,
    "1.3": {**_SHOWN, "dump-table-features": "", "meter-features": "max_meter:"},
}
"""What both answer, each with its own numbers: on lines that match this."""

REFUSED: Final[Mapping[str, str]] = {
    "1.3": """
set-frags drop
add-flow actions=resubmit(,3)
add-flow actions=learn(table=1,in_port)
add-flow actions=load:5->NXM_NX_REG0[],output:1
add-flow actions=note:00.01.02
add-flow reg0=4,actions=drop
add-flow ct_state=+trk,ip,actions=drop
add-flow tcp_flags=+syn,tcp,actions=output:1
--may-create mod-group group_id=9,type=all,bucket=output:3
dump-ipfix-bridge
ct-flush-zone 5
dump-tlv-map
""",
    "1.0": """
set-frags drop
add-flow actions=resubmit(,3)
add-flow actions=learn(table=1,in_port)
add-flow actions=load:5->NXM_NX_REG0[],output:1
add-flow actions=note:00.01.02
add-flow ip,actions=dec_ttl,output:1
add-flow reg0=4,actions=drop
add-flow table=1,actions=drop
add-flow dl_src=02:00:00:00:00:00/ff:00:00:00:00:00,actions=drop
add-group group_id=1,type=all,bucket=output:1
""",
}
"""What a sliver alone refuses."""


def lines(text: str) -> list[str]:
    """The commands in one of the texts above."""
    return [line for line in text.splitlines() if line]

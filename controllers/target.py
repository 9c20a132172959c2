"""Target: a datapath as a tenant sees it, and shorthands for what can be asked of it.

Nothing is sent here. Invariant: what is returned is a message of Ryu's that is ready to be sent, or
a part of one.
"""

from dataclasses import dataclass
from typing import Any, Final

from ryu.lib.packet import ethernet, ipv4, packet, tcp

VICTIM_PORT: Final = 9999
"""The TCP port whose traffic is another tenant's."""
TOP: Final = 65535
"""The highest priority there is."""
FORGED_SOURCE: Final = ("10.0.0.2", 6666)
FORGED_TARGET: Final = ("10.0.0.4", "00:00:00:00:00:04")

Request = Any
"""A message of Ryu's, or the bytes of one."""


@dataclass(frozen=True, slots=True)
class Target:
    """One datapath, and what to mark flows with."""

    datapath: Any
    cookie: int
    """For all flows, so that they can be asked about."""

    @property
    def of(self) -> Any:
        """OpenFlow's constants."""
        return self.datapath.ofproto

    @property
    def parser(self) -> Any:
        """OpenFlow's messages and their parts."""
        return self.datapath.ofproto_parser

    @property
    def ports(self) -> list[int]:
        """The numbers of the ports, without reserved ones."""
        return sorted(port for port in self.datapath.ports if port <= self.of.OFPP_MAX)

    def output(self, *ports: int) -> list[Any]:
        """Actions: output to each of these ports."""
        return [self.parser.OFPActionOutput(port) for port in ports]

    def rewrite(self, **fields: int | str) -> list[Any]:
        """Actions: set these header fields."""
        return [self.parser.OFPActionSetField(**{name: value}) for name, value in fields.items()]

    def apply(self, actions: list[Any]) -> Any:
        """Instruction: carry these actions out at once."""
        return self.parser.OFPInstructionActions(self.of.OFPIT_APPLY_ACTIONS, actions)

    def write(self, actions: list[Any]) -> Any:
        """Instruction: add these actions to the action set."""
        return self.parser.OFPInstructionActions(self.of.OFPIT_WRITE_ACTIONS, actions)

    def flow(self, match: dict[str, Any], *instructions: Any, **fields: Any) -> Request:
        """Add a flow, of the highest priority in table 0 where `fields` say nothing else."""
        return self.parser.OFPFlowMod(
            self.datapath,
            match=self.parser.OFPMatch(**match),
            instructions=instructions,
            **{"cookie": self.cookie, "priority": TOP, **fields},
        )

    def delete(self, match: dict[str, Any], **fields: Any) -> Request:
        """Delete flows, of any kind in any table where `fields` say nothing else."""
        anything = {
            "command": self.of.OFPFC_DELETE,
            "table_id": self.of.OFPTT_ALL,
            "out_port": self.of.OFPP_ANY,
            "out_group": self.of.OFPG_ANY,
        }
        return self.flow(match, **{"cookie": 0, **anything, **fields})

    def group(self, number: int, *buckets: list[Any], command: int = 0) -> Request:
        """Add a group that does what all buckets say, or another command (OFPGC_ADD is 0)."""
        return self.parser.OFPGroupMod(
            self.datapath,
            command,
            self.of.OFPGT_ALL,
            number,
            [self.parser.OFPBucket(actions=actions) for actions in buckets],
        )

    def port(self, number: int, config: int = 0) -> Request:
        """Configure a port: up, and with no other restriction, where `config` says nothing else."""
        of = self.of
        mask = of.OFPPC_PORT_DOWN | of.OFPPC_NO_RECV | of.OFPPC_NO_FWD | of.OFPPC_NO_PACKET_IN
        address = self.datapath.ports[number].hw_addr
        return self.parser.OFPPortMod(self.datapath, number, address, config, mask, 0)

    def packet_out(
        self, actions: list[Any], in_port: int | None = None, tcp_port: int = VICTIM_PORT
    ) -> Request:
        """Send a forged packet, by default one of the victim's."""
        return self.parser.OFPPacketOut(
            self.datapath,
            buffer_id=self.of.OFP_NO_BUFFER,
            in_port=self.of.OFPP_CONTROLLER if in_port is None else in_port,
            actions=actions,
            data=forged_packet(tcp_port),
        )


def forged_packet(tcp_port: int) -> bytes:
    """A TCP packet to a port, as if a host had sent it."""
    source, source_port = FORGED_SOURCE
    target, target_mac = FORGED_TARGET
    forged = packet.Packet()
    forged.add_protocol(ethernet.ethernet(dst=target_mac, src="00:00:00:00:00:02"))
    forged.add_protocol(ipv4.ipv4(src=source, dst=target, proto=6))
    forged.add_protocol(tcp.tcp(src_port=source_port, dst_port=tcp_port, bits=tcp.TCP_SYN))
    forged.serialize()
    return bytes(forged.data)

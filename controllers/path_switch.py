"""PathSwitch: a tenant controller, a learning switch that uses only some ports of each datapath.

    PATH_SWITCH_PORTS="1:1,2,3 2:1,2 4:1,2,3" ryu-manager controllers/path_switch.py

makes one path of ports 1, 2 and 3 of datapath 1, and so on: over the rest of the network, loops
included, it sends nothing. With `--config-file` the same is `ports = ...` in a section
`[path_switch]`. It is written for a switch of its own and knows nothing of slices.

Invariant: no packet goes out by a port, or is learnt from a port, that is not one of the path's;
the ports must join the datapaths without a loop.
"""

import os
from typing import Any

from oslo_config import cfg
from ryu.base import app_manager
from ryu.controller import ofp_event
from ryu.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from ryu.lib.packet import ethernet
from ryu.ofproto import ofproto_v1_3

VARIABLE = "PATH_SWITCH_PORTS"
OPTIONS = [cfg.StrOpt("ports", help="the path: DPID:PORT,PORT... DPID:PORT...", default=None)]


def parse_path(text: str) -> dict[int, frozenset[int]]:
    """Read a path, such as `1:1,2,3 2:1,2`: the ports to use, by dpid.

    Raises:
        ValueError: the text is no such list; says what was found.
    """
    path: dict[int, frozenset[int]] = {}
    for part in text.split():
        dpid, _, ports = part.partition(":")
        try:
            path[int(dpid, 0)] = frozenset(int(port) for port in ports.split(","))
        except ValueError:
            raise ValueError(f"found {part!r}, expected DPID:PORT,PORT... such as 1:1,2") from None
    return path


class PathSwitch(app_manager.RyuApp):
    """The application. A log line `datapath N: ready` says that a datapath has taken its flows."""

    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.CONF.register_opts(OPTIONS, "path_switch")
        self._path = _configured_path(self.CONF.path_switch.ports or os.environ.get(VARIABLE, ""))
        self._learnt: dict[int, dict[str, int]] = {}

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def joined(self, event: Any) -> None:
        """A datapath has connected: have what no flow matches sent here.

        What an earlier controller left there is cleared the first time, and kept when only the
        connection was lost.
        """
        datapath = event.msg.datapath
        ofproto, parser = datapath.ofproto, datapath.ofproto_parser
        if datapath.id not in self._learnt:
            self._learnt[datapath.id] = {}
            datapath.send_msg(
                parser.OFPFlowMod(
                    datapath,
                    command=ofproto.OFPFC_DELETE,
                    table_id=ofproto.OFPTT_ALL,
                    out_port=ofproto.OFPP_ANY,
                    out_group=ofproto.OFPG_ANY,
                )
            )
        if datapath.id in self._path:
            to_here = parser.OFPActionOutput(ofproto.OFPP_CONTROLLER, ofproto.OFPCML_NO_BUFFER)
            _add_flow(datapath, 0, parser.OFPMatch(), to_here)
        datapath.send_msg(parser.OFPBarrierRequest(datapath))

    @set_ev_cls(ofp_event.EventOFPBarrierReply, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def ready(self, event: Any) -> None:
        """A datapath has carried out what it was sent when it joined."""
        self.logger.info("datapath %d: ready", event.msg.datapath.id)

    @set_ev_cls(ofp_event.EventOFPErrorMsg, MAIN_DISPATCHER)
    def refused(self, event: Any) -> None:
        """A datapath refuses something: that should not be."""
        message = event.msg
        self.logger.error(
            "datapath %d: error type %d code %d", message.datapath.id, message.type, message.code
        )

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, event: Any) -> None:
        """Learn where the sender is; send the packet on, and the next ones without asking."""
        message = event.msg
        datapath, in_port = message.datapath, message.match["in_port"]
        ports = self._path.get(datapath.id, frozenset())
        if in_port not in ports:
            return
        frame, _, _ = ethernet.ethernet.parser(message.data)
        learnt = self._learnt[datapath.id]
        learnt[frame.src] = in_port
        parser = datapath.ofproto_parser
        out_port = learnt.get(frame.dst)
        if out_port is not None:
            match = parser.OFPMatch(in_port=in_port, eth_src=frame.src, eth_dst=frame.dst)
            _add_flow(datapath, 1, match, parser.OFPActionOutput(out_port))
        out_ports = sorted(ports - {in_port}) if out_port is None else [out_port]
        datapath.send_msg(
            parser.OFPPacketOut(
                datapath,
                buffer_id=datapath.ofproto.OFP_NO_BUFFER,
                in_port=in_port,
                actions=[parser.OFPActionOutput(port) for port in out_ports],
                data=message.data,
            )
        )


def _configured_path(text: str) -> dict[int, frozenset[int]]:
    """Read the path; a text that says none ends the process with a line that says so."""
    try:
        path = parse_path(text)
    except ValueError as error:
        raise SystemExit(f"path_switch: {error}") from None
    if not path:
        raise SystemExit(f"path_switch: found no path, expected one in {VARIABLE} or a config file")
    return path


def _add_flow(datapath: Any, priority: int, match: Any, action: Any) -> None:
    ofproto, parser = datapath.ofproto, datapath.ofproto_parser
    apply = parser.OFPInstructionActions(ofproto.OFPIT_APPLY_ACTIONS, [action])
    datapath.send_msg(
        parser.OFPFlowMod(datapath, priority=priority, match=match, instructions=[apply])
    )

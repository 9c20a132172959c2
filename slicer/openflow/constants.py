"""The numbers of OpenFlow 1.3.5 under the names the specification gives them.

Only the values that mean something outside of the codecs; type numbers of messages, actions
and the like stay in the dialects. Numbers of other versions are translated to these.
"""

from typing import Final

OFP_NO_BUFFER: Final = 0xFFFFFFFF
"""The buffer id of a packet that is not buffered (7.3.4.1, 7.3.7, 7.4.1)."""

# Ports, 7.2.1
OFPP_MAX: Final = 0xFFFFFF00
OFPP_IN_PORT: Final = 0xFFFFFFF8
OFPP_TABLE: Final = 0xFFFFFFF9
OFPP_NORMAL: Final = 0xFFFFFFFA
OFPP_FLOOD: Final = 0xFFFFFFFB
OFPP_ALL: Final = 0xFFFFFFFC
OFPP_CONTROLLER: Final = 0xFFFFFFFD
OFPP_LOCAL: Final = 0xFFFFFFFE
OFPP_ANY: Final = 0xFFFFFFFF

OFPPC_PORT_DOWN: Final = 1 << 0
OFPPC_NO_STP: Final = 1 << 1
"""OpenFlow 1.0's, as are the next two but one: 1.3 has no such bits."""
OFPPC_NO_RECV: Final = 1 << 2
OFPPC_NO_RECV_STP: Final = 1 << 3
OFPPC_NO_FLOOD: Final = 1 << 4
OFPPC_NO_FWD: Final = 1 << 5
OFPPC_NO_PACKET_IN: Final = 1 << 6

OFPPS_LINK_DOWN: Final = 1 << 0
OFPPS_BLOCKED: Final = 1 << 1
OFPPS_LIVE: Final = 1 << 2

# Tables, 7.2 and 7.3.3
OFPTT_MAX: Final = 0xFE
OFPTT_ALL: Final = 0xFF

# Output to a controller, 7.2.5
OFPCML_MAX: Final = 0xFFE5
OFPCML_NO_BUFFER: Final = 0xFFFF

# Capabilities, 7.3.1
OFPC_FLOW_STATS: Final = 1 << 0
OFPC_TABLE_STATS: Final = 1 << 1
OFPC_PORT_STATS: Final = 1 << 2
OFPC_GROUP_STATS: Final = 1 << 3
OFPC_IP_REASM: Final = 1 << 5
OFPC_QUEUE_STATS: Final = 1 << 6
OFPC_PORT_BLOCKED: Final = 1 << 8

# Switch configuration, 7.3.2
OFPC_FRAG_NORMAL: Final = 0
OFPC_FRAG_DROP: Final = 1
OFPC_FRAG_REASM: Final = 2

# Flow-mod, 7.3.4.1
OFPFC_ADD: Final = 0
OFPFC_MODIFY: Final = 1
OFPFC_MODIFY_STRICT: Final = 2
OFPFC_DELETE: Final = 3
OFPFC_DELETE_STRICT: Final = 4

OFPFF_SEND_FLOW_REM: Final = 1 << 0
OFPFF_CHECK_OVERLAP: Final = 1 << 1
OFPFF_RESET_COUNTS: Final = 1 << 2
OFPFF_NO_PKT_COUNTS: Final = 1 << 3
OFPFF_NO_BYT_COUNTS: Final = 1 << 4

# Groups, 7.3.4.2
OFPGC_ADD: Final = 0
OFPGC_MODIFY: Final = 1
OFPGC_DELETE: Final = 2

OFPGT_ALL: Final = 0
OFPGT_SELECT: Final = 1
OFPGT_INDIRECT: Final = 2
OFPGT_FF: Final = 3

OFPG_MAX: Final = 0xFFFFFF00
OFPG_ALL: Final = 0xFFFFFFFC
OFPG_ANY: Final = 0xFFFFFFFF

OFPGFC_SELECT_WEIGHT: Final = 1 << 0
OFPGFC_SELECT_LIVENESS: Final = 1 << 1
OFPGFC_CHAINING: Final = 1 << 2
OFPGFC_CHAINING_CHECKS: Final = 1 << 3

# Meters, 7.3.4.4
OFPMC_ADD: Final = 0
OFPMC_MODIFY: Final = 1
OFPMC_DELETE: Final = 2

OFPMF_KBPS: Final = 1 << 0
OFPMF_PKTPS: Final = 1 << 1
OFPMF_BURST: Final = 1 << 2
OFPMF_STATS: Final = 1 << 3

OFPM_MAX: Final = 0xFFFF0000
OFPM_SLOWPATH: Final = 0xFFFFFFFD
OFPM_CONTROLLER: Final = 0xFFFFFFFE
OFPM_ALL: Final = 0xFFFFFFFF

# Queues, 7.3.5.8 and 7.2.2
OFPQ_ALL: Final = 0xFFFFFFFF
OFPQT_MIN_RATE: Final = 1
OFPQT_MAX_RATE: Final = 2

# Table features, 7.3.5.5.2
OFPTFPT_INSTRUCTIONS: Final = 0
OFPTFPT_INSTRUCTIONS_MISS: Final = 1
OFPTFPT_NEXT_TABLES: Final = 2
OFPTFPT_NEXT_TABLES_MISS: Final = 3
OFPTFPT_WRITE_ACTIONS: Final = 4
OFPTFPT_WRITE_ACTIONS_MISS: Final = 5
OFPTFPT_APPLY_ACTIONS: Final = 6
OFPTFPT_APPLY_ACTIONS_MISS: Final = 7
OFPTFPT_MATCH: Final = 8
OFPTFPT_WILDCARDS: Final = 10
OFPTFPT_WRITE_SETFIELD: Final = 12
OFPTFPT_WRITE_SETFIELD_MISS: Final = 13
OFPTFPT_APPLY_SETFIELD: Final = 14
OFPTFPT_APPLY_SETFIELD_MISS: Final = 15

# Roles, 7.3.9
OFPCR_ROLE_NOCHANGE: Final = 0
OFPCR_ROLE_EQUAL: Final = 1
OFPCR_ROLE_MASTER: Final = 2
OFPCR_ROLE_SLAVE: Final = 3

# Packet-in, flow-removed and port-status reasons, 7.4
OFPR_NO_MATCH: Final = 0
OFPR_ACTION: Final = 1
OFPR_INVALID_TTL: Final = 2

OFPRR_IDLE_TIMEOUT: Final = 0
OFPRR_HARD_TIMEOUT: Final = 1
OFPRR_DELETE: Final = 2
OFPRR_GROUP_DELETE: Final = 3

OFPPR_ADD: Final = 0
OFPPR_DELETE: Final = 1
OFPPR_MODIFY: Final = 2

# VLAN ids as `vlan_vid` matches them, 7.2.3.8
OFPVID_NONE: Final = 0x0000
OFPVID_PRESENT: Final = 0x1000

# Experimenters
NICIRA: Final = 0x00002320
"""Open vSwitch's experimenter id for its Nicira extensions."""

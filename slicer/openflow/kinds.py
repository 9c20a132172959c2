"""What a message means, whatever version it is written in.

Not the type byte: multipart requests and replies are one kind for each of their bodies,
so that a table with a row for each kind leaves nothing to be passed on unread.

Invariant: every message of OpenFlow 1.3.5 has exactly one kind.
"""

from enum import Enum, auto


class Kind(Enum):
    """One member for each kind of message (OpenFlow 1.3.5 7.1.1 and 7.3.5)."""

    # Enum's own hash is written in Python, and every message is looked up by its kind.
    __hash__ = object.__hash__

    HELLO = auto()
    ERROR = auto()
    ECHO_REQUEST = auto()
    ECHO_REPLY = auto()
    EXPERIMENTER = auto()
    FEATURES_REQUEST = auto()
    FEATURES_REPLY = auto()
    GET_CONFIG_REQUEST = auto()
    GET_CONFIG_REPLY = auto()
    SET_CONFIG = auto()
    PACKET_IN = auto()
    FLOW_REMOVED = auto()
    PORT_STATUS = auto()
    PACKET_OUT = auto()
    FLOW_MOD = auto()
    GROUP_MOD = auto()
    PORT_MOD = auto()
    TABLE_MOD = auto()
    BARRIER_REQUEST = auto()
    BARRIER_REPLY = auto()
    QUEUE_GET_CONFIG_REQUEST = auto()
    QUEUE_GET_CONFIG_REPLY = auto()
    ROLE_REQUEST = auto()
    ROLE_REPLY = auto()
    GET_ASYNC_REQUEST = auto()
    GET_ASYNC_REPLY = auto()
    SET_ASYNC = auto()
    METER_MOD = auto()
    DESC_REQUEST = auto()
    DESC_REPLY = auto()
    FLOW_STATS_REQUEST = auto()
    FLOW_STATS_REPLY = auto()
    AGGREGATE_REQUEST = auto()
    AGGREGATE_REPLY = auto()
    TABLE_STATS_REQUEST = auto()
    TABLE_STATS_REPLY = auto()
    PORT_STATS_REQUEST = auto()
    PORT_STATS_REPLY = auto()
    QUEUE_STATS_REQUEST = auto()
    QUEUE_STATS_REPLY = auto()
    GROUP_STATS_REQUEST = auto()
    GROUP_STATS_REPLY = auto()
    GROUP_DESC_REQUEST = auto()
    GROUP_DESC_REPLY = auto()
    GROUP_FEATURES_REQUEST = auto()
    GROUP_FEATURES_REPLY = auto()
    METER_STATS_REQUEST = auto()
    METER_STATS_REPLY = auto()
    METER_CONFIG_REQUEST = auto()
    METER_CONFIG_REPLY = auto()
    METER_FEATURES_REQUEST = auto()
    METER_FEATURES_REPLY = auto()
    TABLE_FEATURES_REQUEST = auto()
    TABLE_FEATURES_REPLY = auto()
    PORT_DESC_REQUEST = auto()
    PORT_DESC_REPLY = auto()
    EXPERIMENTER_MULTIPART_REQUEST = auto()
    EXPERIMENTER_MULTIPART_REPLY = auto()


BARRIER_REPLY, BARRIER_REQUEST = Kind.BARRIER_REPLY, Kind.BARRIER_REQUEST
FLOW_MOD, PACKET_OUT = Kind.FLOW_MOD, Kind.PACKET_OUT
"""For what each message is asked: to find a member takes Python 3.11 ten times as long."""

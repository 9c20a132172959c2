"""Facts as a good demo sees them, for tests to spoil with `replace`."""

from itertools import permutations

from controllers.attempts import DELETE_EVERYTHING
from mininet_topos.demo.facts import (
    Attempt,
    Change,
    Ending,
    Facts,
    Hostility,
    Message,
    Reach,
    Stream,
    Transfer,
)
from mininet_topos.diamond import DPIDS, FAST, HOST_PORTS, SLOW

PAIRS = dict.fromkeys(permutations(HOST_PORTS, 2), True)
STREAM = Stream((Message(1.0, 1.01), Message(1.5, 1.52), Message(2.0, 2.005)), None)
PING = Reach("ping", "office", SLOW, PAIRS, {FAST: 0, SLOW: 40}, {"office": 160, "video": 0})
VIDEO = Reach(
    "TCP port 9999", "video", FAST, PAIRS, {FAST: 80, SLOW: 0}, {"office": 0, "video": 280}
)
TRANSFERS = (
    Transfer("video", "h1", "h3", 9999, FAST, 100e6, 93e6, {FAST: 9000, SLOW: 0}, 90e6),
    Transfer("office", "h2", "h4", 5201, SLOW, 10e6, 9.5e6, {FAST: 0, SLOW: 900}, 9.4e6),
)
DELETING = Attempt(DELETE_EVERYTHING, "none", 4, {}, (), 0, 0, False, 0, STREAM, ())
REWRITING = Attempt("rewrite", "none", 4, {}, (), 4, 12, True, 0, STREAM, ())
REFUSED = Attempt(
    "set registers", "error", 8, {"OFPBAC_BAD_SET_TYPE": 8}, (), 0, 0, False, 0, STREAM, ()
)
HOSTILITY = Hostility(
    (DELETING, REWRITING, REFUSED),
    STREAM,
    (),
    12,
    dict.fromkeys(DPIDS, Change(frozenset(), frozenset())),
)
ENDING = Ending(0, (), True)
FACTS = Facts((PING, VIDEO), TRANSFERS, HOSTILITY, PING, ENDING)

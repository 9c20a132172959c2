"""Suite: all attacks there are, in the order in which they are run one after another.

To add one, add a row to the table of its subject's module.
"""

from typing import Final

from controllers.attacks import connections, messages, packets, tables, translated, watching
from controllers.attacks.attack import Attack

SUITE: Final[tuple[Attack, ...]] = (
    *translated.ATTACKS,
    *tables.ATTACKS,
    *packets.ATTACKS,
    *messages.ATTACKS,
    *watching.ATTACKS,
    *connections.ATTACKS,
)

"""Play: one conversation with one switch, and all that comes of it.

Every frame is followed by a barrier, so an answer belongs to the frame before it. Packets, and what
a switch says unasked, are collected once the switch is known to be quiet. Afterwards the switch is
as it was: without flows and groups. Invariant: what is returned does not depend on timing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.match_any import ANY

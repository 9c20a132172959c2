"""V13: the OpenFlow 1.3.5 dialect. What there is to say of its messages is in `table`."""

from typing import Final

from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.tabled import Tabled
from slicer.openflow.v13.core import ERROR
from slicer.openflow.v13.table import MULTIPART, MULTIPARTS, PLAIN, VERSION
from slicer.openflow.v13.upsert import upsert


def _prepared(message: Message) -> Message:
    return upsert(message) if isinstance(message, FlowMod) and message.upsert else message


V13: Final[Dialect] = Tabled("1.3", VERSION, PLAIN, MULTIPART, MULTIPARTS, ERROR, _prepared)

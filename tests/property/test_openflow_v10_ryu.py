"""Ryu parses our bytes of OpenFlow 1.0 to the same values, for what a datapath sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.messages import Message
from slicer.openflow.v10 import V10
from tests.property.openflow_v10_messages import MESSAGES
from tests.property.openflow_v10_ryu import VIEWS, for_ryu, parse


@pytest.mark.parametrize("cls", VIEWS, ids=lambda cls: cls.__name__)
@given(st.data())
def test_ryu_reads_what_we_write(cls: type[Message], data: st.DataObject) -> None:
    message = for_ryu(data.draw(MESSAGES[cls]))
    theirs = parse(V10.encode(message))
    ours_of, theirs_of = VIEWS[cls]
    assert theirs_of(theirs) == ours_of(message)
    assert theirs.xid == message.xid
    if hasattr(message, "more"):
        assert message.more == bool(theirs.flags & 1)

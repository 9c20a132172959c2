"""Port configurations as the pipeline keeps them: the flows in emit bear them in their cookies, so
that they survive a restart of the slicer.

Not here: what they do (`stages.py`). Invariant: only bits of PORT_CONFIG_BITS are kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from slicer.openflow.messages import PortMod
from slicer.openflow.multipart import FlowStats
from slicer.proxy import port_configs
from slicer.proxy.pipeline import layout, translate
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.sliver import Sliver


class PortConfigs(port_configs.PortConfigs):
    """One datapath's."""

    def __init__(self) -> None:
        super().__init__(layout.PORT_CONFIG_BITS)

    def learn(self, flows: Iterable[FlowStats]) -> None:
        """Take what the datapath's flows say."""
        for flow in flows:
            cookie = StageCookie.read(flow.cookie)
            if cookie is not None and cookie.stage is Stage.RECEIVED and cookie.config:
                self.take(cookie.tag, layout.port_number(cookie.port), cookie.config)

    def change(self, sliver: Sliver, asked: PortMod, refused: int = 0) -> int:
        """Likewise, of a port number that the stages have room for. Raises Refusal."""
        translate.check_port(asked.port_no)
        return super().change(sliver, asked, refused)

"""Tally: what has been counted, said so that people can read it.

Slivers, datapaths and the engine count; here is what has grown since it was last said, and all of
it. What a sliver or datapath had counted is kept when its connection ends, by slice. Invariant:
what is kept is bounded by the number of slices, and nothing that was counted is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from slicer.proxy.memory import FORGOTTEN

if TYPE_CHECKING:
    from slicer.proxy.datapath import Datapath

QUIET: Final = frozenset({"bandwidth: rates changed", "connections: not logged", FORGOTTEN})
"""What is no violation, and not worth a line of its own."""
DATAPATHS: Final = "datapaths"


class Tally:
    """What has been said of whom."""

    def __init__(self) -> None:
        self._said: dict[str, Counter[str]] = {}
        self._gone: dict[str, Counter[str]] = {}

    def news(self, who: str, counters: Mapping[str, int]) -> str | None:
        """A line with what has grown since the last call for the same name, or None."""
        said = self._said.get(who, Counter())
        grown = {
            what: count - said[what]
            for what, count in sorted(counters.items())
            if count > said[what] and what not in QUIET
        }
        if not grown:
            return None
        self._said[who] = Counter(counters)
        news = ", ".join(f"{what} +{more} ({counters[what]})" for what, more in grown.items())
        return f"{who}: {news}"

    def of_datapath(self, datapath: Datapath) -> list[str]:
        """The news of a datapath and its slivers."""
        lines = (self.news(who, counters) for who, _, counters in _counted(datapath))
        return [line for line in lines if line is not None]

    def leave(self, datapath: Datapath) -> list[str]:
        """The last news of a datapath that goes; what it has counted is kept."""
        lines = self.of_datapath(datapath)
        for who, whose, counters in _counted(datapath):
            self._said.pop(who, None)
            self._gone.setdefault(whose, Counter()).update(counters)
        return lines

    def everything(self, own: Mapping[str, int], datapaths: Iterable[Datapath]) -> list[str]:
        """A line for each who has counted anything, and those that have gone."""
        now = [(who, counters) for each in datapaths for who, _, counters in _counted(each)]
        gone = [(f"{whose}, earlier connections", each) for whose, each in self._gone.items()]
        return [
            f"{who}: {', '.join(f'{what} {count}' for what, count in sorted(counters.items()))}"
            for who, counters in (("the slicer", own), *now, *gone)
            if counters
        ]


def _counted(datapath: Datapath) -> list[tuple[str, str, Counter[str]]]:
    """(what people call it, what it is kept by when it goes, its counters)."""
    slivers = datapath.slivers.values()
    return [
        (str(datapath), DATAPATHS, datapath.counters),
        *((str(each), each.slice, each.counters) for each in slivers),
    ]

"""Whatever workers claim, defend, release and die of, and however late they hear: a dpid has one
holder at most among those that take themselves for it."""

from __future__ import annotations

from collections import deque

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from slicer.proxy.events import Challenged, Claim, Defend, Granted, Release
from slicer.workers.holders import Answer, Answers, Holders

WORKERS = st.integers(1, 3)
DPIDS = st.integers(1, 2)


class Workers(RuleBasedStateMachine):
    """What a worker is told waits until it hears it; what it says is heard at once or later, in
    order."""

    def __init__(self) -> None:
        super().__init__()
        self.holders = Holders()
        self.peer = 0
        self.told: dict[int, deque[Answer]] = {each: deque() for each in (1, 2, 3)}
        self.said: dict[int, deque[Claim | Release | Defend]] = {
            each: deque() for each in (1, 2, 3)
        }
        self.claims: dict[tuple[int, int], int] = {}
        """(worker, dpid): the peer whose claim is not answered yet."""
        self.held: set[tuple[int, int]] = set()

    @rule(worker=WORKERS, dpid=DPIDS)
    def a_datapath_connects(self, worker: int, dpid: int) -> None:
        if (worker, dpid) not in self.claims and (worker, dpid) not in self.held:
            self.peer += 1
            self.claims[worker, dpid] = self.peer
            self.said[worker].append(Claim(self.peer, dpid, "10.0.0.1:1"))

    @rule(worker=WORKERS, dpid=DPIDS)
    def a_datapath_goes(self, worker: int, dpid: int) -> None:
        if self.claims.pop((worker, dpid), None) or (worker, dpid) in self.held:
            self.held.discard((worker, dpid))
            self.said[worker].append(Release(dpid))

    @rule(worker=WORKERS)
    def the_supervisor_hears(self, worker: int) -> None:
        if not self.said[worker]:
            return
        said = self.said[worker].popleft()
        if isinstance(said, Claim):
            self.tell(self.holders.claim(worker, said))
        elif isinstance(said, Release):
            self.tell(self.holders.release(worker, said))
        else:
            self.tell(self.holders.defend(worker, said))

    @rule(worker=WORKERS, lives=st.booleans())
    def a_worker_hears(self, worker: int, lives: bool) -> None:
        if not self.told[worker]:
            return
        told = self.told[worker].popleft()
        if isinstance(told, Challenged):
            if (worker, told.dpid) in self.held:
                if lives:
                    self.said[worker].append(Defend(told.dpid, "alive"))
                else:
                    self.a_datapath_goes(worker, told.dpid)
            return
        dpids = [
            dpid for (of, dpid), peer in self.claims.items() if (of, peer) == (worker, told.peer)
        ]
        for dpid in dpids:
            del self.claims[worker, dpid]
            if isinstance(told, Granted):
                self.held.add((worker, dpid))

    @rule(worker=WORKERS)
    def a_worker_dies(self, worker: int) -> None:
        self.held = {each for each in self.held if each[0] != worker}
        self.claims = {each: peer for each, peer in self.claims.items() if each[0] != worker}
        self.told[worker].clear()
        self.said[worker].clear()
        self.tell(self.holders.ended(worker))

    def tell(self, answers: Answers) -> None:
        for worker, answer in answers:
            self.told[worker].append(answer)

    @invariant()
    def a_dpid_has_one_holder_at_most(self) -> None:
        assert len({dpid for _, dpid in self.held}) == len(self.held), self.held

    @invariant()
    def who_holds_is_known(self) -> None:
        for worker, dpid in self.held:
            assert self.holders.holder(dpid) == worker

    def teardown(self) -> None:
        """In the end, with all heard, whoever waits has been answered."""
        while any(self.said.values()) or any(self.told.values()):
            for worker in (1, 2, 3):
                self.the_supervisor_hears(worker)
                self.a_worker_hears(worker, lives=True)
        assert self.claims == {}
        for dpid in (1, 2):
            holder = self.holders.holder(dpid)
            assert holder is None or (holder, dpid) in self.held, "nobody holds it in vain"


TestWorkers = Workers.TestCase

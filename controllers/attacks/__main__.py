"""The attacker: runs the suite against slivers that the slicer listens for.

    python -m controllers.attacks --slivers 7100,7101 --watching 7200 --datapaths 6633 --flows 100

One attack after the other, each once, or with `--at-once 30` all of them side by side, over and
over, for so many seconds. It writes a JSON object a line: an `Outcome` for each attack that has
ended, then `{"done": true}`. Invariant: the report says what became of the attacks, and nothing of
what became of the victim.
"""

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Final

from controllers.attacks import connections
from controllers.attacks.attack import Attack, Field, Unexpected
from controllers.attacks.session import Closed
from controllers.attacks.suite import SUITE

AT_ONCE: Final = 12
"""So many attacks run side by side: each sliver accepts only so many connections."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attack."""

    name: str
    tries: str
    must: str
    seen: str
    began: float
    ended: float
    """By the clock that all processes of a machine share, in seconds."""
    unexpected: str | None
    """What happened else than what must; None if nothing did."""


def attempt(attack: Attack, field: Field) -> Outcome:
    """Do one attack."""
    began = time.monotonic()
    unexpected = None
    try:
        attack.run(field)
    except (Unexpected, TimeoutError, OSError) as found:
        unexpected = f"{type(found).__name__}: {found}"
    except Closed:
        unexpected = "the slicer has closed the connection"
    about = (attack.name, attack.tries, attack.must.value, attack.seen)
    return Outcome(*about, began, time.monotonic(), unexpected)


def in_turn(field: Field, attacks: Iterable[Attack] = SUITE) -> Iterator[Outcome]:
    """One attack after the other."""
    for attack in attacks:
        yield attempt(attack, field)


def at_once(field: Field, seconds: float) -> Iterator[Outcome]:
    """All of them, side by side. They are in each other's way, so only the victim's state says
    anything; an outcome says no more than that the attack has been done."""
    end = time.monotonic() + seconds
    hogs, others = field.slivers[-1:], field.slivers[:-1] or field.slivers

    def keep_on(number: int) -> list[Outcome]:
        """The first keeps to attacks that leave no connections to others, on a sliver apart."""
        chance = random.Random(number)
        attacks = connections.ATTACKS if number == 0 else SUITE[: -len(connections.ATTACKS)]
        place = replace(field, slivers=hogs if number == 0 else others)
        outcomes: list[Outcome] = []
        while time.monotonic() < end:
            outcomes.append(attempt(chance.choice(attacks), place))
        return outcomes

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for outcomes in pool.map(keep_on, range(AT_ONCE)):
            yield from outcomes


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m controllers.attacks")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--slivers", required=True, help="ports, with commas between them")
    parser.add_argument("--datapaths", type=int, required=True, help="where switches connect")
    parser.add_argument("--flows", type=int, required=True, help="the slice's limit of flows")
    parser.add_argument("--watching", required=True, help="the victim's watchers' ports, likewise")
    parser.add_argument("--at-once", type=float, help="side by side, for so many seconds")
    asked = parser.parse_args()
    slivers, watching = (
        tuple(int(port) for port in ports.split(",")) for ports in (asked.slivers, asked.watching)
    )
    field = Field(asked.host, slivers, asked.datapaths, asked.flows, watching=watching)
    outcomes = in_turn(field) if asked.at_once is None else at_once(field, asked.at_once)
    for outcome in outcomes:
        print(json.dumps(asdict(outcome)), flush=True)
    print(json.dumps({"done": True}), flush=True)


if __name__ == "__main__":
    main()

"""Probe: which TCP servers answer? Each is connected to, sent a few bytes, and must echo them.

    python -m mininet_topos.traffic.probe TIMEOUT ADDRESS:PORT...

asks all at once, for TIMEOUT seconds at most, and writes a JSON object: whether each answered.
Invariant: true means that the very bytes came back over one connection.
"""

import asyncio
import json
import sys
from collections.abc import Sequence

WORDS = b"is there an echo?"


async def answers(address: str, port: int, timeout: float) -> bool:
    """Tell whether a server echoes within `timeout` seconds."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(WORDS)
            return await reader.readexactly(len(WORDS)) == WORDS
    except (OSError, asyncio.IncompleteReadError):  # the answer is: no
        return False
    finally:
        if writer is not None:
            writer.close()


async def probe(targets: Sequence[str], timeout: float) -> dict[str, bool]:
    """Ask all targets, written ADDRESS:PORT, at once."""
    places = [target.rsplit(":", 1) for target in targets]
    results = await asyncio.gather(
        *(answers(address, int(port), timeout) for address, port in places)
    )
    return dict(zip(targets, results, strict=True))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(probe(sys.argv[2:], float(sys.argv[1])))))

"""Stream: one long TCP connection to an echo server, and a record of every message on it.

    python -m mininet_topos.traffic.stream ADDRESS PORT SOURCE_PORT INTERVAL

It sends a numbered message every INTERVAL seconds, whether or not the last one is back, until
SIGTERM; then it waits LAST_WAIT seconds for what is still under way. It writes one JSON object a
line: `{"connected": true}`, then `{"sent": T, "back": T}` for each message, times in seconds of the
clock that all processes of a machine share and `null` for a message that did not come back, and at
the end `{"broken": null}`, or why the connection ended before it should.

Invariant: the connection is never made anew, so one that breaks shows.
"""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator

CONNECT_TIMEOUT = 10.0
LAST_WAIT = 3.0
SIZE = 64
"""Bytes in a message."""


class Stream:
    """The connection and what is under way on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._under_way: deque[tuple[bytes, float]] = deque()
        self._number = 0

    async def send(self, interval: float, stopped: asyncio.Event) -> None:
        """Send messages until `stopped`, then wait for the last to come back."""
        while not stopped.is_set():
            message = self._number.to_bytes(SIZE, "big")
            self._number += 1
            self._under_way.append((message, time.monotonic()))
            self._writer.write(message)
            with contextlib.suppress(TimeoutError):  # the usual end of the wait
                await asyncio.wait_for(stopped.wait(), interval)
        deadline = time.monotonic() + LAST_WAIT
        while self._under_way and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    async def receive(self) -> None:
        """Note each message that comes back.

        Raises:
            ConnectionError: the connection is over, or gives back what was not sent.
        """
        while True:
            try:
                data = await self._reader.readexactly(SIZE)
            except asyncio.IncompleteReadError:
                raise ConnectionError("the server closed the connection") from None
            if not self._under_way:
                raise ConnectionError(f"found {data.hex()}, expected nothing")
            message, sent = self._under_way[0]
            if data != message:
                raise ConnectionError(f"found {data.hex()}, expected {message.hex()}")
            self._under_way.popleft()
            note(sent=sent, back=time.monotonic())

    def note_lost(self) -> None:
        """Note the messages that did not come back."""
        for _, sent in self._under_way:
            note(sent=sent, back=None)


def note(**values: object) -> None:
    """Write one line of the record."""
    print(json.dumps(values), flush=True)


@contextlib.asynccontextmanager
async def connection(address: str, port: int, source_port: int) -> AsyncIterator[Stream]:
    """Connect, from a port of one's own choice."""
    async with asyncio.timeout(CONNECT_TIMEOUT):
        reader, writer = await asyncio.open_connection(
            address, port, local_addr=("0.0.0.0", source_port)
        )
    try:
        yield Stream(reader, writer)
    finally:
        writer.close()


async def run(address: str, port: int, source_port: int, interval: float) -> None:
    """Keep the record until SIGTERM or until the connection breaks."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with connection(address, port, source_port) as stream:
        note(connected=True)
        sending = asyncio.create_task(stream.send(interval, stopped))
        receiving = asyncio.create_task(stream.receive())
        done, _ = await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
        broken = str(receiving.exception()) if receiving in done else None
        for task in (sending, receiving):
            task.cancel()
        stream.note_lost()
        note(broken=broken)


if __name__ == "__main__":
    _address, _port, _source_port, _interval = sys.argv[1:]
    asyncio.run(run(_address, int(_port), int(_source_port), float(_interval)))

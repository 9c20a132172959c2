"""Echo: a TCP server that sends back what it is sent, on some ports.

    python -m mininet_topos.traffic.echo PORT...

It writes `listening` once it does, and runs until SIGTERM. Invariant: a client that sends n bytes
and waits gets the same n bytes.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection until the client ends or breaks it."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError as error:
        print(f"a client has gone: {error}", flush=True)
    finally:
        writer.close()


async def serve(ports: Sequence[int]) -> None:
    """Serve on all addresses until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    servers = [await asyncio.start_server(echo, "0.0.0.0", port) for port in ports]
    print("listening", flush=True)
    await stopped.wait()
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(serve([int(port) for port in sys.argv[1:]]))

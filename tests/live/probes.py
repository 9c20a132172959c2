"""Small programs that a live test runs inside a host: `python probes.py NAME ARGUMENTS...`.

They use plain sockets, print one line for each thing that happens, and end by themselves.

    answer PORT                  answer every UDP datagram at PORT with its own bytes; print each
    ask ADDRESS PORT COUNT       send COUNT datagrams 50 ms apart; print "answered N of COUNT"
    watch PORT                   print every frame that comes in with UDP port PORT in it
    forge ADDRESS PORT COUNT     send COUNT datagrams that say "forged"
"""

import select
import socket
import sys
import time

PAUSE = 0.05


def answer(port: str) -> None:
    """Answer until killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", int(port)))
        print("ready", flush=True)
        while True:
            data, address = sock.recvfrom(2048)
            print(f"got {data!r} from {address[0]}", flush=True)
            sock.sendto(data, address)


def ask(address: str, port: str, count: str) -> None:
    """Ask, wait a second for the last answer, and count the answers."""
    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 9998))
        for number in range(int(count)):
            sock.sendto(f"question {number}".encode(), (address, int(port)))
            deadline = time.monotonic() + (1.0 if number == int(count) - 1 else PAUSE)
            while (left := deadline - time.monotonic()) > 0:
                if select.select([sock], [], [], left)[0]:
                    sock.recv(2048)
                    answered += 1
                    if answered == int(count):
                        break
    print(f"answered {answered} of {count}", flush=True)


def watch(port: str) -> None:
    """Watch until killed."""
    number = int(port).to_bytes(2, "big")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        print("ready", flush=True)
        while True:
            frame, (_, _, direction, *_) = sock.recvfrom(2048)
            incoming = direction != socket.PACKET_OUTGOING
            if incoming and frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_UDP:
                ports = frame[34:36], frame[36:38]
                if number in ports:
                    print(f"saw {frame.hex()}", flush=True)


def forge(address: str, port: str, count: str) -> None:
    """Send and hear nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in range(int(count)):
            sock.sendto(b"forged", (address, int(port)))
            time.sleep(PAUSE / 5)


PROBES = {probe.__name__: probe for probe in (answer, ask, watch, forge)}

if __name__ == "__main__":
    PROBES[sys.argv[1]](*sys.argv[2:])

"""`python -m slicer.workers FD`: the supervisor's process, which the front starts.

FD is its end of a socket pair; the front's first message says what to serve. SIGINT and
SIGUSR1, which may be sent to all, are left to the front. Invariant: when SIGTERM or the front's end
have ended this process, its workers have ended before.
"""

from __future__ import annotations

import gc
import signal
import socket
import sys
import warnings
from types import FrameType

from slicer import policy
from slicer.workers.limits import divided
from slicer.workers.lines import log_to_front
from slicer.workers.messages import LONGEST, Setup, decode


def main(descriptor: int) -> int:
    """Serve until the front ends; returns 2 where the policy can't be used any more."""
    front = socket.socket(fileno=descriptor)

    def stop(_number: int, _frame: FrameType | None) -> None:
        """Have the reading of `front` end, and with it the supervisor."""
        front.shutdown(socket.SHUT_RD)

    for number in (signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    data = front.recv(LONGEST)
    if not data:
        return 0
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    from slicer.workers.supervisor import Supervisor

    setup = decode(data)
    assert isinstance(setup, Setup)
    log_to_front(front, setup.log_level)
    gc.set_threshold(setup.most_young)
    try:
        shared = divided(policy.load(setup.policy), setup.workers)
    except (policy.PolicyError, OSError, ValueError) as error:
        print(f"slicer: the policy can't be used:\n{error}", file=sys.stderr)
        return 2
    Supervisor(front, setup, shared).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1])))

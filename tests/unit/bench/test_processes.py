"""What the kernel counts of processes."""

import os
import subprocess
import sys
import time

import pytest

from tests.bench.processes import family, own_memory, used

BUSY = "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass\n"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {BUSY + "input()"!r}], stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
"""


def test_a_family_is_a_process_and_its_descendants_and_so_is_what_they_use() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert family(parent.pid) == [parent.pid, child]
        assert set(family(os.getpid())) >= {os.getpid(), parent.pid, child}
        end = time.monotonic() + 20
        while used([child]) < 0.1:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert used(family(parent.pid)) >= 0.1
        assert own_memory(child) > 1_000_000
        parent.kill()
    assert used([parent.pid]) == 0.0


def test_a_process_that_is_not_there_has_no_memory() -> None:
    with pytest.raises(OSError, match="No such"):
        own_memory(2**22 + 1)

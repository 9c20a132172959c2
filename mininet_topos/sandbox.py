"""A sandbox: one command run as root in a network of its own, with an Open vSwitch of its own.

    python -m mininet_topos.sandbox -- COMMAND [ARGUMENT...]

The command gets fresh network, mount and process-id namespaces in which the usual paths of
Open vSwitch (/run/openvswitch, /etc/openvswitch, /var/log/openvswitch) and of named network
namespaces (/run/netns) are empty and private. An Open vSwitch runs there, so `ovs-vsctl`,
`ovs-ofctl`, `ip netns` and Mininet work as they are. Its exit status is passed through, as are
signals and Ctrl-C.

It is not a security boundary: the command is root and sees the machine's files.

Invariant: whatever the command made or started (processes, interfaces, bridges, namespaces) is
gone when the sandbox ends, however it ends, SIGKILL included; and the machine's own Open vSwitch
and interfaces are never seen. Sandboxes run side by side and inside one another.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

MARK = Path("/run/openvswitch/sandbox")
"""This file is there inside a sandbox and nowhere else."""

START_TIMEOUT = 30.0
"""Seconds that one step of starting Open vSwitch may take."""

LOG_LINES = 15
"""How many of the last lines of each log an error shows."""

_PRIVATE_FOLDERS = (
    "/run/netns",
    "/run/openvswitch",
    "/etc/openvswitch",
    "/var/log/openvswitch",
)
_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
_DATABASE = "/etc/openvswitch/conf.db"
_SOCKET = "/run/openvswitch/db.sock"
_LOGS = Path("/var/log/openvswitch")
_START_OPEN_VSWITCH = (
    ("ovsdb-tool", "create", _DATABASE, _SCHEMA),
    ("ovsdb-server", _DATABASE, f"--remote=punix:{_SOCKET}", "--pidfile", "--log-file", "--detach"),
    ("ovs-vsctl", "--no-wait", "init"),
    ("ovs-vswitchd", f"unix:{_SOCKET}", "--pidfile", "--log-file", "--detach"),
)
_OVS_VARIABLES = ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR", "OVS_PKGDATADIR")

# linux/sched.h and linux/prctl.h; Python has os.unshare only from 3.12 on.
_CLONE_NEWNS = 0x00020000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
# asm-generic/siginfo.h: the kernel sent this signal, as it does for Ctrl-C on a terminal.
_SI_KERNEL = 0x80

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_WAITED_FOR = (*_PASSED_ON, signal.SIGCHLD)
# Python ignores SIGPIPE and SIGXFSZ for itself; the command should not have to.
_RESET = (*_PASSED_ON, signal.SIGPIPE, signal.SIGXFSZ)


class _Stopped(BaseException):
    """A signal came before the command was started."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class SandboxError(Exception):
    """The sandbox cannot be made; the text says what was found and what it needs."""


def inside() -> bool:
    """Tell whether this process runs in a sandbox."""
    return MARK.exists()


def run(command: Sequence[str]) -> int:
    """Run a command in a sandbox of its own and wait for its end.

    The calling process is left in the sandbox's network: call this last.

    Args:
        command: the program, looked up in PATH, and its arguments.

    Returns:
        The command's exit status, or 128 + the number of the signal that ended it.

    Raises:
        SandboxError: no root, no tun device, or no right to make namespaces.
    """
    _check_machine()
    _call_libc("unshare", _CLONE_NEWNET | _CLONE_NEWNS | _CLONE_NEWPID)
    lifeline, held_by_parent = os.pipe()  # the reading end shows when the parent is gone
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    child = os.fork()
    if child == 0:
        os.close(held_by_parent)
        _be_first_process(command, lifeline)
    return _attend(child)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise SandboxError(f"found user id {os.geteuid()}, expected root: use sudo")
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        raise SandboxError(
            f"found no usable /dev/net/tun ({error.strerror}), which Open vSwitch's userspace "
            "datapath needs: load the tun module, or give the container this device"
        ) from error


def _call_libc(function: str, *arguments: int) -> None:
    """Call a function of the C library that returns 0 or -1.

    Raises:
        SandboxError: it returned -1.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise SandboxError(
            f"found that {function}() is refused ({reason}), expected the right to make "
            "namespaces (CAP_SYS_ADMIN): a container needs --privileged"
        )


def _be_first_process(command: Sequence[str], lifeline: int) -> NoReturn:
    """Be process 1 of the sandbox: the kernel ends all its other processes with this one."""
    status = 1
    try:
        for number in _PASSED_ON:  # process 1 is not sent what it has no handler for
            signal.signal(number, _exit_on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITED_FOR)
        _call_libc("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)
        if select.select([lifeline], [], [], 0)[0]:
            raise SandboxError("found the process that made the sandbox gone")
        _make_private()
        _start_open_vswitch()
        status = _attend(_spawn(command))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
    except _Stopped as stopped:
        status = 128 + stopped.number
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _exit_on_signal(number: int, _frame: object) -> NoReturn:
    raise _Stopped(number)


def _make_private() -> None:
    _step("mount", "--make-rprivate", "/")
    _step("mount", "-t", "proc", "proc", "/proc")
    for folder in _PRIVATE_FOLDERS:
        Path(folder).mkdir(parents=True, exist_ok=True)
        _step("mount", "-t", "tmpfs", "-o", "mode=755", "sandbox", folder)
    for variable in _OVS_VARIABLES:
        os.environ.pop(variable, None)
    _step("ip", "link", "set", "lo", "up")


def _start_open_vswitch() -> None:
    for step in _START_OPEN_VSWITCH:
        _step(*step)
    MARK.touch()


def _step(*command: str) -> None:
    """Run one command of the set-up; its output is shown only when it fails.

    Raises:
        SandboxError: it isn't there, failed, or took longer than START_TIMEOUT.
    """
    try:
        subprocess.run(
            command,
            check=True,
            timeout=START_TIMEOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except FileNotFoundError as error:
        raise SandboxError(f"found no {command[0]} in PATH: run scripts/setup") from error
    except subprocess.TimeoutExpired as error:
        raise SandboxError(
            f"found {command[0]} still starting after {START_TIMEOUT:.0f} s\n{_log_tails()}"
        ) from error
    except subprocess.CalledProcessError as error:
        raise SandboxError(
            f"found that '{' '.join(command)}' failed with status {error.returncode}:\n"
            f"{error.stdout}{_log_tails()}"
        ) from error


def _log_tails() -> str:
    tails = []
    for log in sorted(_LOGS.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        tails.append("\n".join([f"last lines of {log.name}:", *lines]))
    return "\n".join(tails)


def _spawn(command: Sequence[str]) -> int:
    """Start the command and return its process id.

    Raises:
        SandboxError: there is no such program, or it cannot be run.
    """
    try:
        return os.posix_spawnp(
            command[0],
            list(command),
            os.environ,
            setsigmask=(),
            setsigdef=_RESET,
        )
    except OSError as error:
        raise SandboxError(f"found no way to run '{command[0]}': {error.strerror}") from error


def _attend(child: int) -> int:
    """Wait for the child's end and return its exit status.

    Meanwhile reap whatever else became ours, and pass on signals that were meant for the child.
    A signal from the terminal is not passed on, as the child has had it too.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    while (status := _reap(child)) is None:
        arrived = signal.sigwaitinfo(_WAITED_FOR)
        if arrived.si_signo != signal.SIGCHLD and arrived.si_code != _SI_KERNEL:
            os.kill(child, arrived.si_signo)
    return status if status >= 0 else 128 - status


def _reap(child: int) -> int | None:
    """Collect every process that has ended; the child's exit code if it is among them."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return None
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def main(arguments: Sequence[str]) -> int:
    """Run `python -m mininet_topos.sandbox`; return its exit status (1 if it can't be made)."""
    command = arguments[1:] if arguments and arguments[0] == "--" else arguments
    if not command or command[0] in ("-h", "--help"):
        print("usage: python -m mininet_topos.sandbox -- COMMAND [ARGUMENT...]", file=sys.stderr)
        return 0 if command else 2
    try:
        return run(command)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

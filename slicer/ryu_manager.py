"""`ryu-manager`: Ryu 4.34's own, made to work with a current eventlet and with `slicer`.

The package installs this script over the one of the same name that Ryu, whose last release
this is, brings along. It mends five things and then is `ryu.cmd.manager.main`:

1. `ryu.app.wsgi` imports `eventlet.wsgi.ALREADY_HANDLED`, which eventlet dropped after 0.30.2.
2. `ryu-manager slicer`, typed where a folder named `slicer` is (this project's root), takes
   the folder for a script and ends with IsADirectoryError.
3. SIGTERM ends Ryu on the spot: no application gets to close its connections.
4. Ctrl-C raises KeyboardInterrupt in whichever green thread happens to run. When that is an
   application's, Ryu logs it as an error of the application and goes on running.
5. Ryu makes locks green after it has made some, and eventlet complains of them; both it and
   Ryu greet every user with warnings about their own code.

It is not a place for the slicer's own options or logic: any Ryu application runs under it as
under Ryu's script. Invariant: SIGTERM and Ctrl-C reach the main green thread and no other, so
`AppManager.close` runs and the process exits 0.
"""

import importlib
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from types import FrameType, ModuleType

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(args: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Run Ryu applications until they end, or until SIGTERM or Ctrl-C.

    Args:
        args: Ryu's command line, without the program's name; `sys.argv[1:]` if None.
        prog: the program's name in Ryu's help and error texts.

    Returns:
        The exit status: 0. What Ryu raises on a command line or an application it cannot
        use passes through.
    """
    _silence_known_warnings()
    _make_green(threads="--enable-debugger" not in (sys.argv[1:] if args is None else args))
    provide_already_handled()
    from ryu.cmd import manager

    _import_folders_as_packages()
    _stop_on_signals()
    try:
        manager.main(args=args, prog=prog)
    except KeyboardInterrupt:  # came before Ryu was ready for it
        manager.AppManager.get_instance().close()
    return 0


def _silence_known_warnings() -> None:
    """Hide two warnings that no user of the slicer can do anything about."""
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    warnings.filterwarnings("ignore", category=SyntaxWarning, module=r".*\bryu\b")


def _make_green(threads: bool) -> None:
    """Let eventlet patch the standard library before anything makes a lock.

    Args:
        threads: patch `threading` as well, as Ryu does without its `--enable-debugger`.
    """
    import eventlet

    eventlet.monkey_patch(thread=threads)


def provide_already_handled() -> None:
    """Give back to eventlet the name that `ryu.app.wsgi` imports.

    Ryu returns it as the body of a response that a web socket has already sent. Eventlet
    knows that by `WSGI_LOCAL.already_handled` now and ignores the body, so an empty one will do.
    """
    from eventlet import wsgi

    if not hasattr(wsgi, "ALREADY_HANDLED"):
        wsgi.ALREADY_HANDLED = ()


def _import_folders_as_packages() -> None:
    """Make Ryu's application loader import a name that is also a folder's as a package."""
    from ryu import utils

    import_script_or_module: Callable[[str], ModuleType] = utils.import_module

    def import_module(name: str) -> ModuleType:
        if os.path.isdir(name):
            return importlib.import_module(name)
        return import_script_or_module(name)

    utils.import_module = import_module


def _stop_on_signals() -> None:
    """Turn SIGTERM and SIGINT into one KeyboardInterrupt in the calling green thread.

    A handler cannot raise it: it runs in whichever green thread is current. So the signal is
    written to a pipe, and a green thread waiting there does it; other signals, which applications
    may handle, are written there too and pass. The second SIGINT ends the
    process at once; a SIGTERM while it is stopping is ignored, as a parent often sends one
    after the terminal's Ctrl-C.
    """
    import eventlet

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    main_thread = eventlet.getcurrent()

    def await_signal() -> None:
        arrived = b""
        while not set(arrived) & set(_STOP_SIGNALS):
            eventlet.hubs.trampoline(reader, read=True)
            arrived = os.read(reader, 1024)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        eventlet.hubs.get_hub().schedule_call_global(0, main_thread.throw, KeyboardInterrupt)

    def wake_up(_number: int, _frame: FrameType | None) -> None:
        """Do nothing: with a handler in place, Python writes to the pipe."""

    eventlet.spawn(await_signal)
    signal.set_wakeup_fd(writer)
    for number in _STOP_SIGNALS:
        signal.signal(number, wake_up)


if __name__ == "__main__":
    raise SystemExit(main())

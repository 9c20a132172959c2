"""The slicer: many tenant controllers share one OpenFlow network, kept apart by its switches.

Importing this package, or any floor below `slicer.app`, never imports Ryu: `Slicer`, the
Ryu application that `ryu-manager slicer` looks for, is loaded when it is first asked for.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Slicer", "__version__"]


def __getattr__(name: str) -> Any:
    """Return the Ryu application class `Slicer`, importing Ryu at that moment."""
    if name == "Slicer":
        import_module("slicer.ryu_manager").provide_already_handled()
        return import_module("slicer.app").Slicer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name `Slicer` as well: Ryu's application manager looks for classes with dir()."""
    return sorted({*globals(), *__all__})

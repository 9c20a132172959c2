"""Where the controllers that are not of this checkout's .venv are: each from its own package, in a
folder of its own that scripts/controllers fills. Their versions are in that script alone.

Invariant: nothing of theirs is imported here, so none can change what another one runs with.
"""

from pathlib import Path

import pytest

from tests.live.lab import ROOT

HOW_TO_RUN = "found nothing in {}, expected a package there; run scripts/controllers"
_FOLDERS = ROOT / ".cache" / "controllers"


def program(package: str, name: str) -> Path:
    """A program of a package's; without the package the test fails."""
    (found,) = (path for path in _folder(package).glob(f"**/bin/{name}") if path.is_file())
    return found


def modules(package: str) -> Path:
    """The folder of the Python modules that a package has been installed with."""
    (folder,) = _folder(package).glob("lib/python3*/site-packages")
    return folder


def _folder(package: str) -> Path:
    folder = _FOLDERS / package
    if not (folder / ".set-up").exists():
        pytest.fail(HOW_TO_RUN.format(folder), pytrace=False)
    return folder

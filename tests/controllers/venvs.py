"""Where the controllers that come from PyPI are: each in a virtual environment of its own, which
scripts/controllers makes. Their versions are in that script alone.

Invariant: nothing of theirs is imported here, so none can change what another one runs with.
"""

from pathlib import Path

import pytest

from tests.live.lab import ROOT

HOW_TO_RUN = "found no {0}, expected one virtual environment with it; run scripts/controllers"
_VENVS = ROOT / ".cache" / "controllers"


def venv(name: str) -> Path:
    """The virtual environment of a controller, such as `os-ken`; without one the test fails."""
    found = sorted(_VENVS.glob(f"{name}-*/.set-up"))
    if len(found) != 1:
        pytest.fail(HOW_TO_RUN.format(_VENVS / f"{name}-VERSION"), pytrace=False)
    return found[0].parent


def packages(name: str) -> Path:
    """The folder of a controller's packages."""
    (folder,) = venv(name).glob("lib/python3*/site-packages")
    return folder

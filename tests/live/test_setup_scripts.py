"""The scripts where they cannot go on: one clear line each. And scripts/ovs.

What a machine lacks is played by commands of the same name, first in PATH, and by an empty
/dev/net. That scripts/setup works on a bare machine, every run of the tests there shows.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.lab import ROOT, command

pytestmark = pytest.mark.usefixtures("ovs")

SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with no more than scripts/setup reads, without a .venv."""
    folder = tmp_path / "a checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("setup.cfg", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


def run_setup(checkout: Path, *arguments: str, **fakes: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/setup where some commands are fakes: shell scripts, by name."""
    fake_bin = checkout / "bin"
    fake_bin.mkdir()
    for name, text in fakes.items():
        fake = fake_bin / name.replace("_", "-")
        fake.write_text(f"#!/bin/sh\n{text}\n")
        fake.chmod(0o755)
    return subprocess.run(
        [str(checkout / "scripts/setup"), *arguments],
        env={**os.environ, "PATH": f"{fake_bin}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_without_root_and_sudo_rights(checkout: Path) -> None:
    done = run_setup(checkout, id="echo 1000", sudo="exit 1")
    assert done.returncode == 1
    assert done.stderr == (
        "setup: found that sudo asks for a password and no terminal to type it; run it as root\n"
    )


def test_without_a_tun_device(checkout: Path) -> None:
    hide = 'mount -t tmpfs none /dev/net && exec "$0"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", hide, str(checkout / "scripts/setup")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("setup: found no usable /dev/net/tun")
    assert done.stderr.count("\n") == 1


def test_without_a_package_mirror(checkout: Path) -> None:
    policy = SERVICE_POLICY.exists()
    done = run_setup(
        checkout, dpkg_query="exit 1", apt_cache="exit 1", apt_get="echo no mirror here; exit 100"
    )
    assert done.returncode == 1
    assert "no mirror here\n" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("setup: could not install the Debian packages openvswitch-switch")
    assert "is the package mirror that apt is set up for within reach?" in last
    assert SERVICE_POLICY.exists() == policy


def test_without_a_python_package_index(checkout: Path) -> None:
    fake = 'case "$*" in *venv*) mkdir -p "${4}/bin" && ln -sf "$0" "${4}/bin/python";; '
    fake += "*pip*) echo no index here; exit 1;; esac"
    done = run_setup(checkout, "--fast", python3=fake)
    assert done.returncode == 1
    assert "no index here\n" in done.stderr
    assert "setup: could not install the Python packages;" in done.stderr.splitlines()[-1]


def test_with_a_python_that_will_not_do(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON", "/bin/false")
    done = run_setup(checkout, "--fast")
    assert done.returncode == 1
    assert done.stderr == ("setup: found no Python 3.11 to 3.13 with venv in PYTHON=/bin/false\n")


def test_with_an_unknown_argument(checkout: Path) -> None:
    done = run_setup(checkout, "--quick")
    assert done.returncode == 1
    expected = "expected nothing, --fast or --compiler"
    assert done.stderr == f"setup: found the argument '--quick', {expected}\n"


def test_ovs_is_started_once_and_bridges_are_left_alone() -> None:
    inner = (
        "ovs-vsctl --no-wait add-br kept\n"
        "for daemon in ovs-vswitchd ovsdb-server; do ovs-appctl -t $daemon exit; done\n"
        "scripts/ovs && scripts/ovs && ovs-vsctl list-br"
    )
    output = command(
        *(sys.executable, "-m", "mininet_topos.sandbox", "--", "sh", "-ec", inner), timeout=60
    )
    assert output == "ovs: started\novs: runs already\nkept\n"

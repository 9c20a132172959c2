"""Options: each setting of the engine's can be given, and what makes no sense is refused."""

from pathlib import Path

import pytest
from oslo_config import cfg

from slicer.options import OPTIONS, settings
from slicer.proxy.settings import Settings


def read(folder: Path, text: str) -> Settings:
    """The settings of a configuration file."""
    path = folder / "slicer.conf"
    path.write_text(f"[slicer]\n{text}\n")
    conf = cfg.ConfigOpts()
    conf.register_opts(OPTIONS, "slicer")
    conf(["--config-file", str(path)])
    return settings(conf.slicer)


def test_what_is_not_given_has_its_default(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Settings()


def test_every_setting_can_be_given(tmp_path: Path) -> None:
    text = "outbox_events = 1000\nprobe_interval = 0.5\ntenants_per_controller = 2"
    asked = Settings(outbox_events=1000, probe_interval=0.5, tenants_per_controller=2)
    assert read(tmp_path, text) == asked


@pytest.mark.parametrize("text", ["bundles = 0", "probe_interval = -1", "bundles = many"])
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=text.split()[0]):
        read(tmp_path, text)

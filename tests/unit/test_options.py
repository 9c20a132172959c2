"""Options: each setting of the engine's can be given, and what makes no sense is refused."""

from pathlib import Path

import pytest
from oslo_config import cfg

from slicer.options import MOST_WORKERS, OPTIONS, check_file, number_of_workers, settings
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


@pytest.mark.parametrize("text", ["0", "0.001"])
def test_busy_polling_may_be_short_or_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"busy_poll = {text}").busy_poll == float(text)


@pytest.mark.parametrize("text", ["-0.0001", "0.0011", "1"])
def test_busy_polling_may_not_be_long(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="busy_poll"):
        read(tmp_path, f"busy_poll = {text}")


# ---- workers ----


def test_so_many_workers_as_the_first_that_says_so() -> None:
    assert number_of_workers(None, "3") == 3
    assert number_of_workers("2", "3") == 2
    assert number_of_workers(None) == 1
    assert [number_of_workers(each) for each in ("1", str(MOST_WORKERS))] == [1, MOST_WORKERS]


@pytest.mark.parametrize("text", ["0", "-1", "65", "many", "", "1.5", "\u0663", "9" * 5000])
def test_what_is_no_number_of_workers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1 to 64") as refused:
        number_of_workers(text, "2")
    assert f"found workers = {text!r}" in str(refused.value)


# ---- a file beside a policy on the command line ----


def test_a_file_of_settings_is_looked_at_before(tmp_path: Path) -> None:
    path = tmp_path / "slicer.conf"
    path.write_text("[DEFAULT]\nverbose = true\n[slicer]\nworkers = 2\nbundles = 3\n")
    check_file(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[slicer]\nworkers = 0\n", "found workers = '0'"),
        ("[slicer]\nbundles = many\n", "bundles"),
        ("[slicer]\npolicy = other.yaml\n", "found policy = other.yaml, expected none"),
        ("workers\n", "found no file of settings"),
    ],
)
def test_one_that_cant_be_used_is_refused(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "slicer.conf"
    path.write_text(text)
    with pytest.raises(ValueError, match=found):
        check_file(path)


def test_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.conf: found no file of settings"):
        check_file(tmp_path / "nowhere.conf")

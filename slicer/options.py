"""Options: what `[slicer]` of a `--config-file` may say, besides the policy.

There is one option for each of the engine's settings, by the same name, and one for the number of
workers. Invariant: an option that isn't given has the default of `proxy/settings.py`, and one that
is given is within its bounds, which leave out zero where nothing else is said there.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from oslo_config import cfg

from slicer.proxy.settings import Settings

MOST_WORKERS = 64
OPTIONS = [
    cfg.StrOpt("policy", help="the slicing policy, a YAML file", default=None),
    cfg.StrOpt("workers", help="how many processes share the datapaths", default="1"),
    *(
        cfg.IntOpt(each.name, default=each.default, **{"min": 1, **each.metadata})
        if isinstance(each.default, int)
        else cfg.FloatOpt(each.name, default=each.default, **{"min": 0.001, **each.metadata})
        for each in fields(Settings)
    ),
]


def settings(section: Any) -> Settings:
    """The settings that the section `[slicer]` asks for.

    Raises:
        ValueError: one of them is no number, or too small (oslo.config's text says which).
    """
    return Settings(**{each.name: getattr(section, each.name) for each in fields(Settings)})


def check_file(path: Path) -> None:
    """See that the section `[slicer]` of a configuration file can be used where the policy is
    named on the command line.

    Raises:
        ValueError: it can't be read, something in it can't be used, or it names a policy.
    """
    conf = cfg.ConfigOpts()
    conf.register_opts(OPTIONS, "slicer")
    try:
        conf(["--config-file", str(path)], default_config_files=[], default_config_dirs=[])
    except cfg.Error as error:
        raise ValueError(f"{path}: found no file of settings: {error}") from None
    if conf.slicer.policy is not None:
        raise ValueError(
            f"{path}: found policy = {conf.slicer.policy}, expected none: it is an argument"
        )
    settings(conf.slicer)
    number_of_workers(conf.slicer.workers)


def number_of_workers(*given: str | None) -> int:
    """The first of the texts that is given.

    Raises:
        ValueError: it is no number of workers.
    """
    text = next((each for each in given if each is not None), "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= MOST_WORKERS:
        raise ValueError(
            f"found workers = {text!r}, expected a whole number from 1 to {MOST_WORKERS}"
        )
    return number

"""Options: what `[slicer]` of a `--config-file` may say, besides the policy.

There is one option for each of the engine's settings, by the same name. Invariant: an option that
isn't given has the default of `proxy/settings.py`, and one that is given is greater than zero.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from oslo_config import cfg

from slicer.proxy.settings import Settings

OPTIONS = [
    cfg.StrOpt("policy", help="the slicing policy, a YAML file", default=None),
    *(
        cfg.IntOpt(each.name, min=1, default=each.default)
        if isinstance(each.default, int)
        else cfg.FloatOpt(each.name, min=0.001, default=each.default)
        for each in fields(Settings)
    ),
]


def settings(section: Any) -> Settings:
    """The settings that the section `[slicer]` asks for.

    Raises:
        ValueError: one of them is no number, or too small (oslo.config's text says which).
    """
    return Settings(**{each.name: getattr(section, each.name) for each in fields(Settings)})

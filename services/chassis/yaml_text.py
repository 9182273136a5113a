"""YAML, read by libyaml where it is: many times as fast as in Python, which counts at every start."""

from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """What a text in YAML holds: plain data, never objects. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - either loader is a safe one

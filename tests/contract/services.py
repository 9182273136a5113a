"""The four services as their code declares them."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.registry import EVENTS, Event
from services.chassis.definition import Definition

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "notifications", "routing", "warranty")
MODELS: dict[str, type[Event]] = {model.__name__: model for model in EVENTS.values()}
_REQUIRED = {
    "database_url": "postgresql://nobody:nothing@127.0.0.1:1/none",
    "http_port": 0,
    "admin_port": 0,
    "intake_url": "http://127.0.0.1:1",
    "intake_key": f"ck_{'0' * 16}_{'x' * 43}",
}


def definition(service: str) -> Definition:
    """What a service declares, with settings of which only the required ones are given."""
    declare = import_module(f"services.{service}.app").definition
    [settings] = [hint for name, hint in get_type_hints(declare).items() if name != "return"]
    required = (name for name, field in settings.model_fields.items() if field.is_required())
    declared = declare(settings(**{name: _REQUIRED.get(name, "x" * 40) for name in required}))
    assert isinstance(declared, Definition)
    return declared


def made_in(service: str) -> Iterator[tuple[type[Event], str]]:
    """Every event model that code under services/<service> makes instances of, and where.

    Not those of other systems, which no service makes.
    """
    for file in sorted((ROOT / "services" / service).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in MODELS and not issubclass(MODELS[name], InboundEvent):
                    yield MODELS[name], f"{file.relative_to(ROOT)}:{node.lineno}"

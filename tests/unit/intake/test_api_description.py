"""The description of the API: every route says what it does, with an example of what goes in and out."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr, TypeAdapter

from services.intake.routes import answers, bodies, routers
from services.intake.settings import IntakeSettings

SETTINGS = IntakeSettings(
    database_url=SecretStr("postgresql://nobody:nothing@127.0.0.1:1/none"),
    http_port=0,
    admin_port=0,
    tracking_secret=SecretStr("a-tracking-secret-for-the-tests-alone"),
)


def described() -> dict[str, Any]:
    app = FastAPI(title="Ciclo intake")
    for router in routers(SETTINGS):
        app.include_router(router)
    return app.openapi()


DOCUMENT = described()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def examples_of(content: dict[str, Any]) -> Any:
    """Examples of a body; a file is an example of nothing but itself."""
    if "application/json" in content:
        return schema_of(content)["examples"]
    return [body.get("example", media) for media, body in content.items()]


def schema_of(content: dict[str, Any]) -> dict[str, Any]:
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return schema


@pytest.mark.parametrize(("route", "operation"), OPERATIONS, ids=[route for route, _ in OPERATIONS])
def test_every_route_says_what_it_does_and_shows_an_example(route: str, operation: dict[str, Any]) -> None:
    assert operation["description"], route
    assert operation["tags"], route
    if "requestBody" in operation:
        assert examples_of(operation["requestBody"]["content"]), route
    [success] = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    assert examples_of(success["content"]), route


def test_every_route_the_customer_uses_asks_for_a_key_in_the_description() -> None:
    for route, operation in OPERATIONS:
        schemes = {name for scheme in operation.get("security", []) for name in scheme}
        assert schemes, route
        tracked = "{case_id}" in route and not route.endswith(("/texts", "/timeline"))
        assert ("TrackingKey" in schemes) == tracked, route


@pytest.mark.parametrize("module", [bodies, answers])
def test_every_example_is_one_that_the_api_takes_or_gives(module: Any) -> None:
    shown = 0
    for model in vars(module).values():
        extra = getattr(model, "model_config", {}).get("json_schema_extra") or {}
        for example in extra.get("examples", ()):
            TypeAdapter(model).validate_python(example, strict=False)
            shown += 1
    assert shown >= 8

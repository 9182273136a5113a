"""The HTTP edge of a service: its routes, and one kind of answer (RFC 9457) for all that goes wrong."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import WithJsonSchema
from starlette.exceptions import HTTPException

from services.chassis.ambiguity import repeats_a_name
from services.chassis.commands import Commands
from services.chassis.guard import Guard
from services.chassis.health import Health, health_routes
from services.chassis.inputs import Outcome
from services.chassis.keys import SCHEME, KeyRing
from services.chassis.pictures import PATTERN as PICTURE_PATTERN
from services.chassis.problems import (
    FRAMEWORK,
    MEDIA_TYPE,
    Problem,
    ProblemDetails,
    Refused,
    invalid,
    problem,
)
from services.chassis.telemetry.exporting import OFF, Tracing
from services.chassis.visitors import Visitors

__all__ = [
    "CommandsDep",
    "IfCaseClock",
    "IfMatch",
    "PoolDep",
    "Problem",
    "Refused",
    "case_clock",
    "create_http",
    "etag",
    "problem",
]


# Coroutines, though they never wait: FastAPI would run plain functions in a thread, at every request.
async def _commands(request: Request) -> Commands:
    commands: Commands = request.app.state.commands
    return commands


async def _pool(request: Request) -> asyncpg.Pool:
    pool: asyncpg.Pool = request.app.state.pool
    return pool


CommandsDep = Annotated[Commands, Depends(_commands)]
"""Where a route sends commands."""

CLOCK_PATTERN = r"^([a-z]+:[1-9][0-9]{0,8}(,[a-z]+:[1-9][0-9]{0,8})*)?$"

PoolDep = Annotated[asyncpg.Pool, Depends(_pool)]
"""Where a route runs the queries of its views."""

IfCaseClock = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "maxLength": 1000, "pattern": CLOCK_PATTERN}),
    Header(
        alias="If-Case-Clock",
        max_length=1000,
        description="A Case-Clock answered before: the request is refused (409) by a service behind it",
    ),
]


IfMatch = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "pattern": PICTURE_PATTERN}),
    Header(
        alias="If-Match",
        max_length=100,
        description="The ETag answered with the case: the request is refused (409 `stale_picture`, with what "
        "happened since) if the case has changed",
    ),
]


def etag(response: Response, seen: str) -> None:
    """Tell the caller what he sees of the case (header ETag): `Outcome.etag`, or SQL's `ciclo_picture(a)`."""
    if seen:
        response.headers["ETag"] = seen


def case_clock(response: Response, outcome: Outcome) -> None:
    """Tell the caller what this service knew of the case after his command (header Case-Clock)."""
    if outcome.clock:
        response.headers["Case-Clock"] = outcome.clock


def create_http(
    title: str,
    routers: Sequence[APIRouter],
    *,
    commands: Commands,
    pool: asyncpg.Pool,
    health: Health,
    visitors: Visitors,
    body_limits: Mapping[str, int] | None = None,
    tracing: Tracing = OFF,
) -> FastAPI:
    """The service's public API, with /livez and /readyz beside its own routes.

    `body_limits`: more bytes than the usual 64 KiB for bodies at paths that end so.
    """
    app = _Api(title=title, responses=_documented(400, 422, 429, 503), dependencies=[Depends(_unambiguous)])
    app.state.commands = commands
    app.state.pool = pool
    app.state.keys = KeyRing(pool)
    answer_problems(app)
    app.state.visitors = visitors
    app.add_middleware(Guard, body_limits=body_limits, visitors=visitors, tracing=tracing)
    app.include_router(health_routes(health))
    for router in routers:
        app.include_router(router)
    return app


def answer_problems(app: FastAPI) -> None:
    """Let an app answer whatever goes wrong with problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_exception)


class _Api(FastAPI):
    """FastAPI that describes the problem details its answers refer to."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemDetails" not in schemas:
            schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs"))
            schemas["ProblemDetails"] = schema
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    told = _documented(*_refusals(path, operation))
                    operation["responses"] = {str(code): text for code, text in told.items()} | operation[
                        "responses"
                    ]
        return document


def _refusals(path: str, operation: Mapping[str, Any]) -> Iterator[int]:
    """What may be answered by what every service does at every door of this kind."""
    if "{" in path or "requestBody" in operation:
        yield from (404, 409)
    if "requestBody" in operation:
        yield 413
    if operation.get("security"):
        yield 401
    if any(SCHEME in requirement for requirement in operation.get("security", ())):
        yield 403


async def _unambiguous(request: Request) -> None:
    """Refuse (Problem 422) JSON that can be read in two ways, or in another encoding than UTF-8."""
    if "json" not in request.headers.get("Content-Type", ""):
        return
    try:
        fault = "repeated_name" if repeats_a_name((await request.body()).decode()) else None
    except UnicodeDecodeError:  # Python would read UTF-16, too; RFC 8259 (8.1) knows UTF-8 alone
        fault = "not_utf8"
    except (ValueError, RecursionError):  # what is no JSON is the route's to refuse
        return
    if fault is not None:
        raise problem(422, fault, f"{fault} in the body", locations=["body"])


def _documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": "Why not (RFC 9457)", "content": content} for status in statuses}


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return error.response()


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    return invalid(error.errors()).response()


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    code, detail = FRAMEWORK.get(error.status_code, ("refused", "the request was refused"))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return Problem(error.status_code, code, detail, headers=headers).response()


def _methods(request: Request) -> set[str]:
    """Every method of an address. Starlette names those of the first route alone (RFC 9110 15.5.6: all)."""
    return {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.path_regex.match(request.scope["path"])
        for method in route.methods or ()
    }

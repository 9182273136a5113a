"""Answers that say why not: problem details for HTTP APIs (RFC 9457)."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from services.chassis.codec import safe_location
from services.chassis.decider import Refusal
from services.chassis.inputs import Change

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 50
FRAMEWORK = {
    400: ("malformed_request", "the request cannot be read"),
    404: ("no_such_resource", "there is nothing at this address"),
    405: ("method_not_allowed", "this address does not answer to this method"),
    413: ("too_large", "the body is too large"),
}
"""Code and sentence of the refusals that come before any route."""


class FieldError(BaseModel):
    """One field that was refused."""

    location: str = Field(examples=["body.customer.email"])
    code: str = Field(examples=["missing"])


class ChangeMade(BaseModel):
    """An event that the caller had not seen."""

    type: str = Field(examples=["ciclo.case.assigned.v1"])
    time: AwareDatetime


class ProblemDetails(BaseModel):
    """Why a request was refused (RFC 9457). `code` is for programs; no value of the request is repeated."""

    type: str = Field(examples=["urn:ciclo:problem:not_seen_yet"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["this service has not heard of the case yet"])
    code: str = Field(examples=["not_seen_yet"])
    errors: list[FieldError] = []
    changes: list[ChangeMade] | None = Field(
        None,
        description="With `stale_picture`: what this service published about the case since, oldest first",
    )


class Problem(Exception):
    """Raised where a request cannot be answered as it wished; the HTTP layer turns it into its answer."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.details = ProblemDetails(
            type=f"urn:ciclo:problem:{code}",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            errors=list(errors),
        )
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer that says it."""
        return Response(
            self.details.model_dump_json(exclude_none=True),
            self.details.status,
            headers=self.headers,
            media_type=MEDIA_TYPE,
        )


class Refused(Problem):
    """The decision's refusal of a command.

    `clock` and `etag` are those at which it was refused, if known; `changes` what the caller had not seen.
    """

    def __init__(
        self, refusal: Refusal, clock: str = "", *, etag: str = "", changes: Sequence[Change] = ()
    ) -> None:
        headers = {name: value for name, value in (("Case-Clock", clock), ("ETag", etag)) if value}
        # Both pass by themselves, as soon as the service has heard what it is missing.
        if refusal.code in {"not_seen_yet", "clock_behind"}:
            headers["Retry-After"] = "1"
        errors = [FieldError(location=location, code=refusal.code) for location in refusal.locations]
        super().__init__(refusal.status, refusal.code, refusal.detail, errors=errors, headers=headers)
        self.refusal = refusal
        if refusal.code == "stale_picture":
            self.details.changes = [ChangeMade(type=change.type, time=change.time) for change in changes]


def problem(status: int, code: str, detail: str, *, locations: Iterable[str] = ()) -> Problem:
    """What a route raises: `raise problem(404, "unknown_case", "there is no such case")`."""
    return Problem(
        status, code, detail, errors=[FieldError(location=place, code=code) for place in locations]
    )


def unavailable(code: str, detail: str, retry_after: int = 1) -> Problem:
    """503: the request may be repeated after so many seconds."""
    return Problem(503, code, detail, headers={"Retry-After": str(retry_after)})


def invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """422 that names the fields of pydantic's errors and their codes, never what they held."""
    fields = [FieldError(location=safe_location(error["loc"]), code=str(error["type"])) for error in errors]
    return Problem(
        422, "invalid_request", "the request does not have the form described", errors=fields[:MAX_ERRORS]
    )

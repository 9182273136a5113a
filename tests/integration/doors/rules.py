"""Who may pass which door: a rule for each route of each service, and nothing else may have a route."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from fastapi.routing import iter_route_contexts

from services.chassis.health import Health
from services.chassis.http import create_http
from services.chassis.visitors import Buckets, Visitors
from tests.support.four import NAMES, build


class Who(Enum):
    """Kinds of visitors that a door lets in."""

    EVERYBODY = "everybody"
    CUSTOMER = "the customer, with the tracking key of his case"
    LINK = "whoever has a signed link: the customer to his case, staff to a case's story"
    KEY = "holders of a key with the scope"
    PERSON = "people with a key of their own with the scope"
    PUBLISHER = "the system in the path, with a key with the scope"
    ANYBODY_OR_KEY = "everybody; with a key only if it has the scope"
    CUSTOMER_OR_KEY = "the customer, and holders of a key with the scope"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may pass, and the scope of his key."""

    who: Who
    scope: str = ""


EVERYBODY, CUSTOMER, LINK = Rule(Who.EVERYBODY), Rule(Who.CUSTOMER), Rule(Who.LINK)
SPOKEN = Rule(Who.CUSTOMER_OR_KEY, "cases:speak")
COMMON = {
    f"GET {path}": EVERYBODY
    for path in ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc", "/livez", "/readyz")
}


def key(scope: str) -> Rule:
    """A door for keys."""
    return Rule(Who.KEY, scope)


def person(scope: str) -> Rule:
    """A door for people."""
    return Rule(Who.PERSON, scope)


CASE = "/v1/cases/{case_id}"
RULES: dict[str, dict[str, Rule]] = {
    "intake": {
        **COMMON,
        "GET /": EVERYBODY,
        "POST /": EVERYBODY,
        "GET /{name}.css": EVERYBODY,
        "GET /icon.svg": EVERYBODY,
        "GET /c/{token}": LINK,
        "GET /c/{token}/cancellation": LINK,
        "GET /c/{token}/attachments/{attachment_ref}": LINK,
        "GET /c/{token}/{name}": LINK,
        "POST /c/{token}/{name}": LINK,
        "GET /story/{token}": LINK,
        "POST /v1/cases": Rule(Who.ANYBODY_OR_KEY, "cases:open"),
        "GET /v1/case-numbers/{case_no}": key("cases:open"),
        f"GET {CASE}": CUSTOMER,
        f"GET {CASE}/timeline": key("cases:read"),
        f"POST {CASE}/attachments": CUSTOMER,
        f"GET {CASE}/attachments/{{attachment_ref}}": CUSTOMER,
        f"POST {CASE}/information": SPOKEN,
        f"POST {CASE}/remedy-choice": SPOKEN,
        f"POST {CASE}/quote-answer": SPOKEN,
        f"POST {CASE}/confirmation": SPOKEN,
        f"POST {CASE}/denial": SPOKEN,
        f"POST {CASE}/human-request": SPOKEN,
        f"POST {CASE}/cancellation": SPOKEN,
        f"POST {CASE}/objection": SPOKEN,
        f"POST {CASE}/survey": SPOKEN,
        f"POST {CASE}/texts": key("texts:write"),
        "GET /v1/vault/attachments/{attachment_ref}": key("texts:read"),
        "POST /v1/vault/texts:read": key("texts:read"),
        "POST /v1/vault/contacts:read": key("contacts:read"),
        "PUT /v1/customers/{publisher}/{number}": Rule(Who.PUBLISHER, "customers:write"),
    },
    "routing": {
        **COMMON,
        "GET /v1/queues/{queue}/cases": key("cases:read"),
        "GET /v1/overview": key("cases:read"),
        f"GET {CASE}": key("cases:read"),
        f"POST {CASE}/take": person("cases:work"),
        f"POST {CASE}/steps": person("cases:work"),
        f"POST {CASE}/information": person("cases:work"),
        f"POST {CASE}/resolution": person("cases:work"),
        f"POST {CASE}/classification": person("cases:work"),
        f"POST {CASE}/escalation": person("cases:work"),
        f"POST {CASE}/handoff": person("cases:work"),
        f"POST {CASE}/unknown": person("cases:work"),
        f"POST {CASE}/known": person("cases:work"),
        f"POST {CASE}/compensation": person("cases:work"),
        f"POST {CASE}/acceptance": person("cases:repair"),
        f"POST {CASE}/training": person("training:work"),
        f"POST {CASE}/complaints/{{complaint_no}}/answer": person("complaints:answer"),
    },
    "warranty": {
        **COMMON,
        "PUT /v1/units/{product_unit}": key("units:write"),
        "GET /v1/units/{product_unit}": key("units:read"),
        "PUT /v1/service-points/{service_point}": key("service_points:write"),
        "GET /v1/service-points": key("cases:read"),
        "PUT /v1/stock/{model}": key("units:write"),
        f"GET {CASE}": key("cases:read"),
        f"POST {CASE}/refunds/{{remedy_no}}/payment": key("refunds:report"),
        f"POST {CASE}/assessments": person("cases:assess"),
        f"POST {CASE}/repairs/{{repair_no}}/reschedule": person("cases:assess"),
        f"POST {CASE}/repairs/{{repair_no}}/cancellation": person("cases:assess"),
        "GET /v1/containments": key("cases:read"),
        "PUT /v1/containments/{containment}": key("containment:write"),
        "POST /v1/containments/{containment}/lifting": key("containment:write"),
    },
    "notifications": {
        **COMMON,
        f"GET {CASE}/messages": key("messages:read"),
        "POST /v1/delivery-reports": key("deliveries:report"),
    },
}


def routes(service: str) -> Iterator[str]:
    """Every route that a service has, as its code puts it together: `GET /v1/cases/{case_id}`."""
    app, _ = build(service, "postgresql://nobody:nothing@127.0.0.1:1/none", "127.0.0.1:1")
    nobody = Visitors(strangers=Buckets(1), holders=Buckets(1))
    http = create_http(
        service,
        app._routers,
        commands=None,  # type: ignore[arg-type]
        pool=None,  # type: ignore[arg-type]
        health=Health(list),
        visitors=nobody,
    )
    for route in iter_route_contexts(http.routes):
        yield from (f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"})


def doors() -> list[tuple[str, str, Rule]]:
    """Every door with its rule, those for everybody left out."""
    return [
        (service, door, rule)
        for service in NAMES
        for door, rule in RULES[service].items()
        if rule is not EVERYBODY
    ]

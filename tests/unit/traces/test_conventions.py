"""The judge of the conventions: spans as they should be pass, and every departure is named."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.traces.spans import Scope, Span
from services.chassis.telemetry import semconv
from tests.support.conventions import conventions, departures
from tests.support.made_spans import CASE, link, span

MESSAGING = {
    "messaging.system": "kafka",
    "messaging.destination.name": "ciclo.cases.v1",
    "messaging.message.id": "0199c0de-0000-7000-8000-00000000000e",
    "messaging.message.conversation_id": CASE,
}


def messaging(operation: str, kind: str, **more: Any) -> Span:
    """A span of messaging as it should be."""
    said = {"messaging.operation.name": operation, "messaging.operation.type": operation}
    return span(f"{operation} ciclo.cases.v1", kind, number=1, more=MESSAGING | said | more)


HTTP = {
    "http.request.method": "GET",
    "http.route": "/v1/cases/{case_id}",
    "url.path": "/v1/cases/{case_id}",
    "url.scheme": "http",
    "http.response.status_code": 200,
}
SEND = messaging("send", "CLIENT", **{"messaging.batch.message_count": 2})
PROCESS = messaging("process", "CONSUMER", **{"messaging.consumer.group.name": "routing"})
TOGETHER = replace(
    PROCESS,
    attributes={name: value for name, value in PROCESS.attributes.items() if name != "messaging.message.id"}
    | {"messaging.batch.message_count": 2},
    links=tuple(
        replace(made, attributes=made.attributes | {"messaging.message.id": name})
        for made, name in ((link(PROCESS, "message"), "1"), (link(PROCESS, "message"), "2"))
    ),
)
SERVER = span("GET /v1/cases/{case_id}", "SERVER", number=2, more=HTTP)
FAILED = replace(
    SERVER,
    status="ERROR",
    attributes=SERVER.attributes | {"http.response.status_code": 503, "error.type": "503"},
)
STATEMENT = span(
    "SELECT cases",
    "CLIENT",
    number=3,
    more={"db.system.name": "postgresql", "db.namespace": "intake", "db.query.summary": "SELECT cases"},
)
GOOD = (
    SEND,
    PROCESS,
    TOGETHER,
    SERVER,
    FAILED,
    STATEMENT,
    span("decide OpenCase", number=4, links=[link(PROCESS, "message")]),
)


def saying(one: Span, **said: Any) -> Span:
    """The same with other attributes; `a__b` stands for `a.b`, None takes one away."""
    given = {name.replace("__", "."): value for name, value in said.items()}
    attributes = one.attributes | given
    return replace(one, attributes={name: value for name, value in attributes.items() if value is not None})


DEPARTURES: list[tuple[Span, str]] = [
    (saying(SEND, messaging__operation="publish"), "messaging.operation is deprecated"),
    (saying(SEND, messaging__kafka__message__offset=3), "messaging.kafka.message.offset is deprecated"),
    (saying(SEND, messaging__size=3), "messaging.size is neither in the conventions nor among ours"),
    (
        saying(SEND, messaging__operation__type="publish"),
        "messaging.operation.type='publish' is deprecated",
    ),
    (saying(SEND, messaging__operation__type="make"), "messaging.operation.type='make' is not a value"),
    (saying(SEND, messaging__system="Kafka"), "messaging.system='Kafka' is not a value"),
    (replace(SEND, kind="PRODUCER"), "'send' is of kind PRODUCER"),
    (replace(PROCESS, kind="CLIENT"), "'process' is of kind CLIENT"),
    (replace(PROCESS, name="ciclo.cases.v1 process"), "its name is not operation and destination"),
    (saying(PROCESS, messaging__consumer__group__name=None), "process without messaging.consumer.group.name"),
    (saying(PROCESS, messaging__message__id=None), "it does not name what it processes"),
    (saying(PROCESS, messaging__batch__message_count=2), "it processes one message, and a batch"),
    (replace(TOGETHER, links=TOGETHER.links[:1]), "it does not name what it processes"),
    (saying(SEND, messaging__message__conversation_id="other"), "its conversation is not the case"),
    (saying(SEND, messaging__batch__message_count=1), "a batch of fewer than two"),
    (replace(SERVER, name="GET /v1/cases/0199c0de-0000-7000"), "its name is not of low cardinality"),
    (replace(SERVER, kind="INTERNAL"), "a request is of kind INTERNAL"),
    (saying(SERVER, url__path="/v1/cases/42"), "its path is not the route"),
    (saying(SERVER, url__scheme=None), "http server without url.scheme"),
    (saying(SERVER, http__response__status_code=500), "an answer of 500 with status UNSET"),
    (saying(FAILED, error__type=None), "status ERROR, but error.type None"),
    (saying(SERVER, error__type="timeout"), "status UNSET, but error.type 'timeout'"),
    (saying(STATEMENT, db__statement="SELECT 1"), "db.statement is deprecated"),
    (saying(STATEMENT, db__system__name=None), "db without db.system.name"),
    (replace(STATEMENT, name="SELECT"), "its name is not the summary of its query"),
    (replace(SERVER, scope=Scope("ciclo")), "its schema is ''"),
    (replace(SERVER, resource={"service.nom": "intake"}), "service.nom is neither"),
    (replace(SERVER, links=(replace(link(SEND, "x"), attributes={"link.why": 1}),)), "link.why is neither"),
]


@pytest.mark.parametrize("good", GOOD, ids=lambda one: one.name)
def test_spans_that_keep_to_the_conventions_pass(good: Span) -> None:
    assert departures([good]) == []


@pytest.mark.parametrize(("bad", "complaint"), DEPARTURES, ids=[complaint for _, complaint in DEPARTURES])
def test_a_departure_from_the_conventions_is_named(bad: Span, complaint: str) -> None:
    assert complaint in "\n".join(departures([bad]))


def test_the_same_departure_of_many_spans_is_told_once() -> None:
    assert len(departures([saying(one, old__name=1) for one in [SEND] * 5])) == 1


def test_every_name_that_ciclo_uses_is_in_the_conventions_or_documented_as_its_own() -> None:
    used = {value for name, value in vars(semconv).items() if name.isupper() and isinstance(value, str)}
    used -= {semconv.SCHEMA_URL, semconv.SCOPE}
    assert [complaint for name in sorted(used) if (complaint := conventions().complaint(name))] == []
    assert semconv.OWN.keys() <= used
    assert [name for name in semconv.OWN if name in conventions().names | conventions().deprecated] == []

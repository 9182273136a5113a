"""OpenTelemetry's semantic conventions as the installed package has them, and where a span departs from them.

Names, deprecations and values are read from the package's source; which attributes a kind of span must have
is said here, after the conventions 1.44 (docs/messaging/messaging-spans.md, docs/http/http-spans.md and
docs/db/database-spans.md there).
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import opentelemetry.semconv as package
from opentelemetry.semconv.schemas import Schemas

from deploy.traces.spans import Span
from services.chassis.telemetry import semconv as own

MOVED = "in favor of stable"
"""What the package says of a name that is stable now: only its place in Python is old."""
FOLDERS = ("attributes", "_incubating/attributes")
SCHEMA = Schemas.V1_44_0.value
HTTP_KINDS, DB_KINDS = {"SERVER", "CLIENT"}, {"CLIENT"}
MESSAGING_KINDS = {
    # A message whose context its writer chose has no create span, and its send is CLIENT.
    "send": "CLIENT",
    "receive": "CLIENT",
    "process": "CONSUMER",
    "settle": "CLIENT",
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "http server": ("http.request.method", "url.path", "url.scheme", "http.response.status_code"),
    "http client": ("http.request.method", "server.address", "server.port"),
    "db": ("db.system.name", "db.namespace", "db.query.summary"),
    "messaging": ("messaging.system", "messaging.operation.name", "messaging.destination.name"),
    "send": ("messaging.operation.type",),
    "process": ("messaging.operation.type", "messaging.consumer.group.name"),
}
# Ids, numbers and addresses make a name that is never seen twice.
UNBOUNDED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{4,}|@|C-[0-9A-Z]{4}-")


@dataclass(frozen=True)
class Conventions:
    """What the package knows."""

    names: frozenset[str]
    deprecated: frozenset[str]
    prefixes: tuple[str, ...]
    """Of attributes whose names end as their user likes (`http.request.header.<key>`)."""
    values: dict[str, frozenset[str]] = field(repr=False)
    """By attribute: the well-known values that are not deprecated."""
    old_values: dict[str, frozenset[str]] = field(repr=False)

    def complaint(self, name: str) -> str | None:
        """Why this is no name of an attribute, if so."""
        if name in own.OWN:
            return None
        if name in self.deprecated:
            return f"{name} is deprecated"
        if name in self.names or name.startswith(self.prefixes):
            return None
        return f"{name} is neither in the conventions nor among ours"


@cache
def conventions() -> Conventions:
    """The conventions of the installed package."""
    names: set[str] = set()
    deprecated: set[str] = set()
    values: dict[str, set[str]] = {}
    old_values: dict[str, set[str]] = {}
    (root,) = package.__path__
    for file in sorted(path for folder in FOLDERS for path in Path(root, folder).glob("*_attributes.py")):
        tree = ast.parse(file.read_text("utf-8"))
        constants = dict(_constants(tree))
        names |= {value for value, _ in constants.values()}
        deprecated |= {value for value, is_old in constants.values() if is_old}
        for enum in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for value, is_old in (member for _, member in _constants(enum)):
                (old_values if is_old else values).setdefault(enum.name, set()).add(value)
    return Conventions(
        frozenset(names - deprecated),
        frozenset(deprecated),
        tuple(
            f"{name}." for name in names if name.endswith(("request.header", "response.header", "metadata"))
        ),
        {name: frozenset(found) for name, found in values.items()},
        {name: frozenset(found) for name, found in old_values.items()},
    )


def _constants(node: ast.Module | ast.ClassDef) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Names with their texts, and whether the words below say that they are deprecated."""
    for statement, below in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                pass
            case _:
                continue
        match below:
            case ast.Expr(value=ast.Constant(value=str(words))):
                yield name, (text, words.strip().startswith("Deprecated") and MOVED not in words)
            case _:
                yield name, (text, False)


def departures(spans: Iterable[Span]) -> list[str]:
    """Everything in which these spans depart from the conventions, each thing once, with an example."""
    found: dict[str, str] = {}
    for span in spans:
        for complaint in _of(span):
            found.setdefault(f"{span.service}: {span.name}: {complaint}", f"span {span.span_id}")
    return [f"{complaint} ({example})" for complaint, example in sorted(found.items())]


def _of(span: Span) -> Iterator[str]:
    if span.scope.schema_url != SCHEMA:
        yield f"its schema is {span.scope.schema_url!r}"
    named = [*span.attributes, *span.resource, *(name for link in span.links for name in link.attributes)]
    named += [name for event in span.events for name in event.attributes]
    yield from filter(None, map(conventions().complaint, dict.fromkeys(named)))
    yield from _values(span.attributes)
    if UNBOUNDED.search(span.name):
        yield "its name is not of low cardinality"
    if (span.status == "ERROR") != ("error.type" in span.attributes):
        yield f"status {span.status}, but error.type {span.attributes.get('error.type')!r}"
    if span.start_ns > span.end_ns:
        yield "it ends before it begins"
    if "messaging.system" in span.attributes or span.kind in ("PRODUCER", "CONSUMER"):
        yield from _messaging(span)
    elif "http.request.method" in span.attributes or span.kind == "SERVER":
        yield from _http(span)
    elif any(name.startswith("db.") for name in span.attributes):
        yield from _db(span)


def _values(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Values for which the conventions have a list must be on it."""
    for name, value in attributes.items():
        enum = "".join(part.capitalize() for part in re.split(r"[._]", name)) + "Values"
        if value in conventions().old_values.get(enum, ()):
            yield f"{name}={value!r} is deprecated"
        elif name in LISTED and value not in conventions().values[enum]:
            yield f"{name}={value!r} is not a value of the conventions"


LISTED = ("messaging.operation.type", "messaging.system", "db.system.name")


def _messaging(span: Span) -> Iterator[str]:
    operation = span.attributes.get("messaging.operation.name", "")
    yield from _missing(span, "messaging")
    yield from _missing(span, operation)
    if span.attributes.get("messaging.operation.type") != operation:
        yield f"operation {operation!r} is of type {span.attributes.get('messaging.operation.type')!r}"
    if span.kind != MESSAGING_KINDS.get(operation):
        yield f"{operation!r} is of kind {span.kind}"
    if span.name != f"{operation} {span.attributes.get('messaging.destination.name')}":
        yield "its name is not operation and destination"
    if operation == "process":
        yield from _messages(span)
    if span.attributes.get("messaging.batch.message_count", 2) < 2:
        yield "a batch of fewer than two messages"
    if span.case_id is not None and span.attributes.get("messaging.message.conversation_id") != span.case_id:
        yield "its conversation is not the case"


def _messages(span: Span) -> Iterator[str]:
    """What is processed alone is named by the span, each one of a batch by a link."""
    linked = [link for link in span.links if "messaging.message.id" in link.attributes]
    if "messaging.message.id" in span.attributes:
        if linked or "messaging.batch.message_count" in span.attributes:
            yield "it processes one message, and a batch"
    elif len(linked) != span.attributes.get("messaging.batch.message_count"):
        yield "it does not name what it processes"


def _http(span: Span) -> Iterator[str]:
    method, route = (span.attributes.get(name) for name in ("http.request.method", "http.route"))
    yield from _missing(span, f"http {span.kind.lower()}")
    if span.kind not in HTTP_KINDS:
        yield f"a request is of kind {span.kind}"
    if span.kind == "SERVER" and span.name != (f"{method} {route}" if route else method):
        yield "its name is not method and route"
    status = span.attributes.get("http.response.status_code", 0)
    if span.kind == "SERVER" and (status >= 500) != (span.status == "ERROR"):
        yield f"an answer of {status} with status {span.status}"
    if span.attributes.get("url.path", route) != route and route:
        yield "its path is not the route: a path may hold what nobody may read"


def _db(span: Span) -> Iterator[str]:
    yield from _missing(span, "db")
    if span.kind not in DB_KINDS:
        yield f"a statement is of kind {span.kind}"
    if span.name != span.attributes.get("db.query.summary"):
        yield "its name is not the summary of its query"


def _missing(span: Span, rule: str) -> Iterator[str]:
    missing = [name for name in REQUIRED.get(rule, ()) if span.attributes.get(name) in (None, "")]
    yield from (f"{rule} without {name}" for name in missing)

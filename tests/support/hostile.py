"""Records that no topic for other systems may take, whatever they are about: made from a good one.

Each comes with the code and the locations of its rejection, and holds SECRET, which must come out nowhere.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.support.replica import Sent

SECRET = "Perez"
Rejected = tuple[str, tuple[str, ...], Sent]
_BATCH = ("content-type", b"application/cloudevents-batch+json")


def without(sent: Sent, *names: str, **changed: bytes) -> Sent:
    """A record with headers left out, or changed."""
    kept = [(name, changed.get(name, value)) for name, value in sent.headers if name not in names]
    return replace(sent, headers=tuple(kept))


def inserted(sent: Sent, members: str) -> Sent:
    """A record with members before those of its JSON."""
    value = (sent.value or b"").decode()
    return replace(sent, value=value.replace("{", "{" + members + ", ", 1).encode())


def structured(sent: Sent, data: str | None = None, **changes: Any) -> Sent:
    """A record as one JSON document, with attributes changed, or (None) left out."""
    attributes = {
        name.removeprefix("ce_"): value.decode() for name, value in sent.headers if name.startswith("ce_")
    } | changes
    document = json.dumps({name: value for name, value in attributes.items() if value is not None})
    body = (sent.value or b"").decode() if data is None else data
    return replace(
        sent,
        headers=(("content-type", b"application/cloudevents+json"),),
        value=f'{document[:-1]}, "data": {body}}}'.encode(),
    )


def malformed(good: Sent) -> Iterator[Rejected]:
    """Everything that is refused before anybody looks at what a record is about."""
    yield from _envelopes(good)
    yield from _values(good)
    yield from _documents(good)


def _envelopes(good: Sent) -> Iterator[Rejected]:
    def repeated(name: str) -> Sent:
        return replace(good, headers=(*good.headers, (name, SECRET.encode())))

    yield "missing", ("ce_specversion",), replace(good, headers=())
    yield "missing", ("ce_id",), without(good, "ce_id")
    yield "missing", ("ce_type",), without(good, ce_type=b"")
    yield "missing", ("ce_time",), without(good, "ce_time")
    yield "malformed", ("ce_time",), without(good, ce_time=SECRET.encode())
    yield "without_zone", ("ce_time",), without(good, ce_time=b"2026-11-21T09:00:00")
    yield "malformed", ("ce_time",), without(good, ce_time=b"0001-01-01T00:00:00+14:00")
    yield "unsupported", ("ce_specversion",), without(good, ce_specversion=b"0.3")
    yield "not_utf8", ("ce_id",), without(good, ce_id=b"\xff" + SECRET.encode())
    yield "malformed", ("ce_id",), without(good, ce_id=b"one\x00")
    yield "too_long", ("ce_source",), without(good, ce_source=b"/" + SECRET.encode() * 2000)
    yield "repeated", ("ce_source",), repeated("ce_source")
    yield "repeated", ("ce_id",), repeated("CE_ID")
    yield "unsupported", ("content-type",), replace(good, headers=(("content-type", b"text/xml"),))
    yield "unknown_type", ("ce_type",), without(good, ce_type=b"sat.norte.telex.v1")
    yield "unknown_type", ("ce_type",), without(good, ce_type=b"ciclo.case.closed.v1")
    yield "unknown_type", ("ce_type",), without(good, ce_type=f"{SECRET} {SECRET}".encode())


def _values(good: Sent) -> Iterator[Rejected]:
    yield "invalid", ("value",), replace(good, value=None)
    yield "invalid", ("value",), replace(good, value=b"")
    yield "invalid", ("value",), replace(good, value=f'{{"name": {SECRET}'.encode())
    yield "invalid", ("value",), replace(good, value=json.dumps([SECRET]).encode())
    yield "invalid", ("value",), replace(good, value=b"[" * 100_000)
    yield "not_utf8", ("value",), replace(good, value=b"\xff" + SECRET.encode())
    yield "not_utf8", ("value",), replace(good, value=(good.value or b"").decode().encode("utf-16"))
    yield "too_long", ("value",), replace(good, value=SECRET.encode() * 60_000)
    yield "nul_character", ("value",), inserted(good, f'"note": "\\u0000{SECRET}"')
    yield "repeated_name", ("value",), inserted(good, f'"publisher": "{SECRET}"')
    yield "repeated_name", ("value",), inserted(good, '"note": [{"a": 1, "a": 2}]')


def _documents(good: Sent) -> Iterator[Rejected]:
    whole = structured(good)
    twice = (inserted(good, f'"publisher": "{SECRET}"').value or b"").decode()
    yield "missing", ("source",), structured(good, source=None)
    yield "malformed", ("id",), structured(good, id=7)
    yield "malformed", ("time",), structured(good, time=SECRET)
    yield "malformed_json", ("value",), replace(whole, value=b'{"id": ' + SECRET.encode())
    yield "malformed_json", ("value",), replace(whole, value=None)
    yield "not_an_object", ("value",), replace(whole, value=b"[]")
    yield "unsupported", ("data_base64",), structured(good, data_base64="e30=")
    yield "unsupported", ("datacontenttype",), structured(good, datacontenttype="text/xml")
    yield "invalid", ("value",), structured(good, data="null")
    yield "repeated_name", ("value",), structured(good, data=twice)
    yield "unsupported", ("content-type",), replace(whole, headers=(_BATCH,))

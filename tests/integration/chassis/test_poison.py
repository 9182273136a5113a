"""What cannot be read: kept or refused once, with what is wrong, while everything else flows."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.record.util import calc_crc32c_py

from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from services.chassis.dead_letters import DeadLetters
from services.chassis.inputs import Fate
from tests.support.engine_world import (
    NOW,
    World,
    subject,
)
from tests.support.logged import Logged
from tests.support.place import PARTITIONS, WORKSHOPS, Place, human
from tests.support.replica import Sent

SECRET = "Perez"
pytestmark = pytest.mark.timeout(60)


def report(number: int, kind: str, **changes: Any) -> Sent:
    """A workshop's report about aggregate `number`."""
    data = WorkshopReported(
        publisher="sat-norte",
        case=subject(number),
        repair_no=f"R-{number}",
        kind=WorkshopReportKind(kind),
        happened_at=NOW,
    )
    body = {name: value for name, value in (json.loads(data.write()) | changes).items() if value is not None}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": f"report-{number}-{kind}",
        "ce_source": "/sat-norte",
        "ce_type": data.event_type,
        "ce_time": "2026-11-21T09:00:00Z",
    }
    return Sent(
        WORKSHOPS, b"key", json.dumps(body).encode(), tuple((n, v.encode()) for n, v in headers.items())
    )


def without(sent: Sent, *names: str, **changed: bytes) -> Sent:
    """A record with headers left out, or changed."""
    kept = [(name, changed.get(name, value)) for name, value in sent.headers if name not in names]
    return replace(sent, headers=tuple(kept))


async def send_with_a_broken_header_name(place: Place, sent: Sent) -> None:
    """No client in Python can write such a record, others can: it is patched into the encoded batch."""
    batch = place.producer.create_batch()
    batch.append(timestamp=None, key=sent.key, value=sent.value, headers=[*sent.headers, ("@@", b"")])
    encoded = bytearray(batch._build())
    at = encoded.index(b"@@")
    encoded[at : at + 2] = b"\xff\xfe"
    struct.pack_into(">I", encoded, 17, calc_crc32c_py(encoded[21:]))
    batch._buffer = bytes(encoded)
    for number in range(PARTITIONS[sent.topic]):
        await (await place.producer.send_batch(batch, place.prefix + sent.topic, partition=number))


OWN_POISON: Mapping[str, Sent] = {
    "missing at ce_specversion": replace(human(101), headers=()),
    "not_utf8 at ce_source": without(human(102), ce_source=b"\xff\xfe"),
    "malformed at ce_subject": without(human(103), ce_subject=b"case one"),
    "malformed at ce_id": without(human(104), ce_id=b"one"),
    "missing at ce_sequence": without(human(1), "ce_sequence"),
    "malformed at ce_sequence": without(human(1), ce_sequence=b"-3"),
    "malformed at ce_caseclock": without(human(105), ce_caseclock=b"intake"),
    "not_utf8 at value": replace(human(106), value=b'{"channel": "\xff"}'),
    "value: json_invalid": replace(human(107), value=b"{" + SECRET.encode()),
    "too_long at value": replace(human(108), value=b'"' + b"x" * 300_000 + b'"'),
}
NO_VALUE = replace(human(109), value=None)

RECEIVED = report(2, "received")
BATCH = ("content-type", b"application/cloudevents-batch+json")


def changed(old: str, new: str) -> Sent:
    """The report with a piece of its JSON replaced."""
    value = (RECEIVED.value or b"").decode()
    assert old in value
    return replace(RECEIVED, value=value.replace(old, new, 1).encode())


def structured(data: str | None = None, **changes: Any) -> Sent:
    """The report as one JSON document, with attributes changed, or (None) left out."""
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in RECEIVED.headers} | changes
    document = json.dumps({name: value for name, value in attributes.items() if value is not None})
    body = (RECEIVED.value or b"").decode() if data is None else data
    return replace(
        RECEIVED,
        headers=(("content-type", b"application/cloudevents+json"),),
        value=f'{document[:-1]}, "data": {body}}}'.encode(),
    )


def repeat_of_a_name() -> str:
    """Data that names its case twice."""
    return (changed("{", '{"case": "' + str(subject(1)) + '", ').value or b"").decode()


def repeated(name: str) -> Sent:
    """The report with a header twice."""
    return replace(RECEIVED, headers=(*RECEIVED.headers, (name, SECRET.encode())))


INBOUND_POISON: Sequence[tuple[str, tuple[str, ...], Sent]] = (
    # what says who speaks about what
    ("missing", ("ce_specversion",), replace(RECEIVED, headers=())),
    ("missing", ("ce_id",), without(RECEIVED, "ce_id")),
    ("missing", ("ce_type",), without(RECEIVED, ce_type=b"")),
    ("missing", ("ce_time",), without(RECEIVED, "ce_time")),
    ("malformed", ("ce_time",), without(RECEIVED, ce_time=SECRET.encode())),
    ("without_zone", ("ce_time",), without(RECEIVED, ce_time=b"2026-11-21T09:00:00")),
    ("malformed", ("ce_time",), without(RECEIVED, ce_time=b"0001-01-01T00:00:00+14:00")),
    ("unsupported", ("ce_specversion",), without(RECEIVED, ce_specversion=b"0.3")),
    ("not_utf8", ("ce_id",), without(RECEIVED, ce_id=b"\xff" + SECRET.encode())),
    ("malformed", ("ce_id",), without(RECEIVED, ce_id=b"one\x00")),
    ("too_long", ("ce_source",), without(RECEIVED, ce_source=b"/" + SECRET.encode() * 2000)),
    ("repeated", ("ce_source",), repeated("ce_source")),
    ("repeated", ("ce_id",), repeated("CE_ID")),
    ("unsupported", ("content-type",), replace(RECEIVED, headers=(("content-type", b"text/xml"),))),
    ("unknown_type", ("ce_type",), without(RECEIVED, ce_type=b"sat.norte.telex.v1")),
    ("unknown_type", ("ce_type",), without(RECEIVED, ce_type=f"{SECRET} {SECRET}".encode())),
    # what it says
    ("invalid", ("value",), replace(RECEIVED, value=None)),
    ("invalid", ("value",), replace(RECEIVED, value=b"")),
    ("invalid", ("value",), replace(RECEIVED, value=f'{{"name": {SECRET}'.encode())),
    ("invalid", ("value",), replace(RECEIVED, value=json.dumps([SECRET]).encode())),
    ("invalid", ("value",), replace(RECEIVED, value=b"[" * 100_000)),
    ("not_utf8", ("value",), replace(RECEIVED, value=b"\xff" + SECRET.encode())),
    ("not_utf8", ("value",), replace(RECEIVED, value=(RECEIVED.value or b"").decode().encode("utf-16"))),
    ("too_long", ("value",), replace(RECEIVED, value=SECRET.encode() * 60_000)),
    (
        "invalid",
        ("repair_no", "happened_at"),
        report(2, "received", repair_no=SECRET + " ", happened_at=None),
    ),
    ("invalid", ("case",), report(2, "received", case=SECRET)),
    ("invalid", ("case",), report(2, "received", case=2)),
    ("invalid", ("publisher",), report(2, "received", publisher=SECRET * 20)),
    ("invalid", ("work",), report(2, "received", work=SECRET)),
    ("invalid", ("work.0",), report(2, "received", work=[SECRET])),
    ("invalid", ("happened_at",), report(2, "received", happened_at="2026-11-21T09:00:00+14:00")),
    ("invalid", ("happened_at",), report(2, "received", happened_at="99999-11-21T09:00:00Z")),
    ("invalid", ("value",), changed('"received"', '"\\ud800"')),
    ("nul_character", ("value",), changed("{", '{"note": "\\u0000' + SECRET + '", ')),
    ("repeated_name", ("value",), changed("{", '{"publisher": "' + SECRET + '", ')),
    ("repeated_name", ("value",), changed("{", '{"note": [{"a": 1, "a": 2}], ')),
    # one document
    ("missing", ("source",), structured(source=None)),
    ("malformed", ("id",), structured(id=7)),
    ("malformed", ("time",), structured(time=SECRET)),
    ("malformed_json", ("value",), replace(structured(), value=b'{"id": ' + SECRET.encode())),
    ("malformed_json", ("value",), replace(structured(), value=None)),
    ("not_an_object", ("value",), replace(structured(), value=b"[]")),
    ("unsupported", ("data_base64",), structured(data_base64="e30=")),
    ("unsupported", ("datacontenttype",), structured(datacontenttype="text/xml")),
    ("invalid", ("value",), structured(data="null")),
    ("invalid", ("kind",), structured(data=(changed('"received"', "7").value or b"").decode())),
    ("repeated_name", ("value",), structured(data=repeat_of_a_name())),
    ("unsupported", ("content-type",), replace(structured(), headers=(BATCH,))),
)


async def kept(world: World) -> dict[str, Any]:
    """Everything that tells what became of poison."""
    dead = await world.pool.fetch("SELECT message FROM dead_letters")
    rejected = await world.pool.fetch("SELECT body FROM events WHERE topic = 'ciclo.rejections.v1'")
    bodies = [json.loads(row["body"]) for row in rejected]
    return {
        "dead": sorted(row["message"] for row in dead),
        "rejected": sorted((body["code"], tuple(body.get("locations", ()))) for body in bodies),
        "parked": await world.count("parked"),
        "text": json.dumps(bodies),
    }


async def test_poison_becomes_dead_letters_and_rejections_once_and_everything_else_flows(
    place: Place, log: Logged
) -> None:
    rejected = [*((code, at) for code, at, _ in INBOUND_POISON), ("malformed", ("headers",))]
    dead = [*OWN_POISON, "value: json_invalid", "malformed at headers", "malformed at headers"]
    good = [human(n) for n in range(1, 21)]
    await place.send(
        *good[:10], *OWN_POISON.values(), NO_VALUE, *(bad for _, _, bad in INBOUND_POISON), *good[10:]
    )
    await send_with_a_broken_header_name(place, human(110))
    await send_with_a_broken_header_name(place, report(2, "received"))
    await place.send(*(human(n, 2) for n in range(1, 21)), report(1, "received"))

    async def read_everything() -> dict[str, Any]:
        async with place.consuming() as consumer:
            await place.has_committed_everything()
            assert consumer.problem() is None
        return await kept(place.world)

    first = await read_everything()
    assert first["dead"] == sorted(dead)
    assert first["rejected"] == sorted(rejected)
    assert first["parked"] == 0
    assert SECRET not in first["text"]
    assert SECRET not in log.text
    for number in range(1, 21):
        heard = ["human", "human", *(["report:received"] if number == 1 else [])]
        assert sorted(await place.world.state(number)) == heard

    await place.forget_offsets()
    assert await read_everything() == first
    redriven = await DeadLetters(place.world.pool, place.world.engine).redrive()
    assert {one.fate for one in redriven} == {Fate.DEAD}
    assert len((await kept(place.world))["dead"]) == len(dead)
    assert sorted(await place.world.state(1)) == ["human", "human", "report:received"]

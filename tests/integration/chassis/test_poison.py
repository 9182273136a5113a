"""What cannot be read: kept or refused once, with what is wrong, while everything else flows."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.record.util import calc_crc32c_py

from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from services.chassis.dead_letters import DeadLetters, Selection, Who
from services.chassis.inputs import Fate
from tests.support.engine_world import (
    NOW,
    World,
    subject,
)
from tests.support.hostile import SECRET, Rejected, malformed, structured, without
from tests.support.logged import Logged
from tests.support.place import PARTITIONS, WORKSHOPS, Place, human
from tests.support.replica import Sent

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


def changed(old: str, new: str) -> Sent:
    """The report with a piece of its JSON replaced."""
    value = (RECEIVED.value or b"").decode()
    assert old in value
    return replace(RECEIVED, value=value.replace(old, new, 1).encode())


INBOUND_POISON: Sequence[Rejected] = (
    *malformed(RECEIVED),
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
    ("invalid", ("kind",), structured(RECEIVED, data=(changed('"received"', "7").value or b"").decode())),
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
    letters = DeadLetters(place.world.pool, place.world.engine)
    redriven = [one async for one in letters.redrive(Selection(), Who("ana", "a test"))]
    assert {one.fate for one in redriven} == {Fate.DEAD}
    assert len((await kept(place.world))["dead"]) == len(dead)
    assert sorted(await place.world.state(1)) == ["human", "human", "report:received"]

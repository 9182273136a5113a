"""What is lost is found, by name, and comes again; what is only on its way is never called lost."""

import asyncio
import socket
import sys
from argparse import ArgumentParser
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import httpx
import pytest

from ciclo_schemas.envelope import from_record
from deploy.embedded import Servers
from services.chassis.ids import new_id
from services.chassis.operator_commands import reemission, reemit_arguments
from services.chassis.reconcile.__main__ import main
from services.chassis.reconcile.looking import Findings, look, peers_at
from services.chassis.reemission import Stretch, reemit
from tests.conftest import NewDatabase
from tests.support.engine_world import subject
from tests.support.pair import INTAKE, Pair, pair
from tests.support.replica import CASES, everything


@pytest.fixture
async def both(database: NewDatabase, servers: Servers, kafka_prefix: str) -> AsyncIterator[Pair]:
    async with pair(
        await database("intake"), await database("warranty"), servers.kafka, kafka_prefix
    ) as made:
        yield made


def words(count: int) -> list[str]:
    return [f"word-{n}" for n in range(1, count + 1)]


async def until_heard(both: Pair, number: int, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await both.heard(number)) < count:  # noqa: ASYNC110 - rows have no event
            await asyncio.sleep(0.05)


async def reconcile(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int | str | None, list[str], str]:
    """What the command line says, and its exit code."""
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(main, arguments)
    told = capsys.readouterr()
    return ended.value.code, told.out.splitlines(), told.err


async def looked(urls: Sequence[str], patience: float = 20) -> Findings:
    async with peers_at(urls, page=3) as peers:
        return await look(peers, patience)


@pytest.mark.usefixtures("log")
async def test_a_lost_last_event_and_a_gap_are_named_and_healed(
    both: Pair, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        await both.say(*range(10))
    await both.lose(3, [4])
    await both.lose(5, [2, 3])
    await both.lose(7, [1, 2, 3, 4])
    await both.intake.start()
    await both.warranty.start()
    await until_heard(both, 3, 3)
    code, lines, _ = await reconcile(capsys, *both.admins)
    assert code == 1
    assert lines[:3] == [
        f"missing: {subject(3)}  intake 4  not applied by warranty",
        f"missing: {subject(5)}  intake 2-3  not applied by warranty",
        f"missing: {subject(7)}  intake 1-4  not applied by warranty",
    ]
    assert lines[-1] == "10 subjects of intake, warranty compared: 7 events are missing"
    assert [await both.heard(n) for n in (3, 5, 7)] == [words(3), words(1), []]

    assert (await reconcile(capsys, *both.admins, "--heal"))[0] == 2, "without a key nothing is healed"
    monkeypatch.setenv("CICLO_RECONCILE_KEYS", f"intake={await both.intake.key()}")
    monkeypatch.setenv("CICLO_RECONCILE_ADMIN_URLS", ",".join(both.admins))
    code, lines, _ = await reconcile(capsys, "--heal")
    assert (code, lines[-1]) == (0, "10 subjects of intake, warranty compared: nothing is missing")
    assert "intake sends 7 events once more" in lines
    assert [await both.heard(n) for n in range(10)] == [words(4)] * 10
    audited = await both.intake.pool.fetch("SELECT actor, action, reason FROM operator_actions")
    assert {tuple(row) for row in audited} == {("service/reconcile", "reemit", "events were lost")}


async def test_what_is_on_its_way_is_never_called_missing(both: Pair) -> None:
    await both.intake.start()
    await both.warranty.start()
    speaking = True

    async def speak() -> None:
        while speaking:
            await both.say(*range(40))

    speaker = asyncio.create_task(speak())
    found = [await looked(both.admins) for _ in range(8)]
    speaking = False
    await speaker
    assert [one.missing for one in found] == [()] * 8
    assert (await looked(both.admins)).healthy


@pytest.mark.usefixtures("log")
async def test_while_somebody_lags_it_says_that_it_cannot_tell(
    both: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither what the source has not sent nor what the reader has not read is lost."""
    await both.warranty.start()
    await both.intake.start()
    async with both.warranty.pool.acquire() as connection, connection.transaction():
        # The reader is held up in the middle of its batch.
        await connection.execute("LOCK TABLE aggregates IN EXCLUSIVE MODE")
        await both.say(1, 2)
        found = await looked(both.admins, patience=1)
    assert (found.missing, found.healthy) == ((), False)
    assert found.undecided.keys() <= {"warranty: not read yet", "intake: not sent yet"}
    await until_heard(both, 2, 1)
    assert (await looked(both.admins)).healthy
    await both.warranty.stop()
    code, _, told = await reconcile(capsys, both.intake.admin, "http://127.0.0.1:1")
    assert code == 2
    assert "http://127.0.0.1:1 does not answer" in told


async def test_dead_letters_and_what_waits_behind_them_are_not_missing(both: Pair) -> None:
    for _ in range(3):
        await both.say(1)
    broken = "UPDATE events SET body = '{}' WHERE sequence = 2"
    await both.intake.pool.execute(broken)
    await both.intake.start()
    await both.warranty.start()
    await until_heard(both, 1, 1)
    async with asyncio.timeout(20):
        while not await both.warranty.pool.fetchval("SELECT count(*) FROM parked"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    found = await looked(both.admins)
    assert found.missing == ()
    assert {pile.count for progress in found.progress for pile in progress.backlog.dead.values()} == {0, 1}


async def test_a_source_that_was_restored_from_a_backup_is_noticed_and_a_new_epoch_settles_it(
    both: Pair,
) -> None:
    for _ in range(3):
        await both.say(1)
    await both.intake.start()
    await both.warranty.start()
    await until_heard(both, 1, 3)
    await both.intake.pool.execute("UPDATE aggregates SET sequence = 2")
    await both.intake.pool.execute("DELETE FROM events WHERE sequence = 3")
    (ahead,) = (await looked(both.admins)).ahead
    assert (ahead.source, ahead.reader, ahead.applied, ahead.emitted) == ("intake", "warranty", 3, 2)
    await both.intake.stop()
    await both.intake.pool.execute(
        "INSERT INTO source_epoch (epoch, actor, reason) VALUES (2, 'ana', 'restored')"
    )
    await both.intake.engine.start()
    await both.say(1)
    await both.intake.start()
    await until_heard(both, 1, 4)
    found = await looked(both.admins)
    assert found.healthy


async def test_events_of_an_earlier_epoch_are_found_and_healed_too(both: Pair) -> None:
    await both.say(1, 1)
    await both.lose(1, [2])
    await both.intake.pool.execute(
        "INSERT INTO source_epoch (epoch, actor, reason) VALUES (2, 'ana', 'test')"
    )
    await both.intake.engine.start()
    await both.say(1)
    await both.intake.start()
    await both.warranty.start()
    await until_heard(both, 1, 2)
    found = await looked(both.admins)
    assert [(one.source, one.first, one.last) for one in found.missing] == [("intake", 2, 2)]
    await reemit(both.intake.pool, "intake", [Stretch(subject(1), 1, 2, 2)], actor="ana", reason="a test")
    await until_heard(both, 1, 3)
    assert (await looked(both.admins)).healthy


async def test_events_sent_again_while_new_ones_are_published_disturb_no_order(
    both: Pair, servers: Servers
) -> None:
    await both.intake.start()
    await both.warranty.start()
    rounds, sent_again, subjects = 0, 0, range(6)

    async def send_again() -> None:
        nonlocal sent_again
        while True:
            for number in subjects:
                stretch = Stretch(subject(number), 1, 1, 1_000)
                sent_again += await reemit(
                    both.intake.pool, "intake", [stretch], actor="ana", reason="a test"
                )

    again = asyncio.create_task(send_again())
    while rounds < 60 or sent_again <= rounds * len(subjects):
        await both.say(*subjects)
        rounds += 1
    again.cancel()
    with suppress(asyncio.CancelledError):
        await again
    for number in subjects:
        await until_heard(both, number, rounds)
    assert [await both.heard(number) for number in subjects] == [words(rounds)] * len(subjects)
    async with asyncio.timeout(30):
        while await both.intake.pool.fetchval("SELECT count(*) FROM outbox"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    newest: dict[str, int] = {}
    seen = [
        from_record(record.headers, record.value)[0]
        for record in await everything(servers.kafka, both.prefix + CASES)
    ]
    assert len(seen) > 2 * rounds * len(subjects), "much was sent again"
    for envelope in seen:
        # For whoever keeps the highest sequence, every event still comes right after the one before it.
        assert (envelope.sequence or 0) <= newest.get(envelope.subject, 0) + 1
        newest[envelope.subject] = max(envelope.sequence or 0, newest.get(envelope.subject, 0))


async def test_asking_twice_sends_what_waits_once_and_nobody_asks_without_a_key(both: Pair) -> None:
    await both.say(1, 1, 1)
    stretch = Stretch(subject(1), 1, 1, 3)
    assert await reemit(both.intake.pool, "intake", [stretch, stretch], actor="ana", reason="a test") == 0
    await both.lose(1, [2, 3])
    for expected in (2, 0):
        assert await reemit(both.intake.pool, "intake", [stretch], actor="ana", reason="a test") == expected
    await both.intake.start()
    asked = [{"subject": str(subject(1)), "from": 1, "to": 3}]
    async with httpx.AsyncClient(base_url=both.intake.admin) as client:
        assert (await client.post("/reemissions", json=asked)).status_code == 401
        key = {"Authorization": f"Bearer {await both.intake.key()}"}
        for wrong in ([], [{**asked[0], "to": 0}], [{**asked[0], "to": 10_001}], [{**asked[0], "x": 1}]):
            assert (await client.post("/reemissions", json=wrong, headers=key)).status_code == 422
        unknown = [{**asked[0], "subject": str(new_id())}]
        assert (await client.post("/reemissions", json=unknown, headers=key)).json() == {"events": 0}


async def test_the_metrics_say_what_waits(both: Pair) -> None:
    await both.say(1, 1, 1)
    await both.lose(1, [2])
    await both.intake.start()
    await both.warranty.start()
    await until_heard(both, 1, 1)
    async with asyncio.timeout(20), httpx.AsyncClient() as client:
        while 'ciclo_parked_inputs{reason="gap"} 1.0' not in (  # noqa: ASYNC110
            shown := (await client.get(f"{both.warranty.admin}/metrics")).text
        ):
            await asyncio.sleep(0.05)
        for line in (
            "ciclo_outbox_events 0.0",
            "ciclo_outbox_oldest_seconds 0.0",
            'ciclo_parked_inputs{reason="blocked"} 0.0',
            'ciclo_parked_oldest_seconds{reason="gap"} ',
            'ciclo_dead_letters{blocking="true"} 0.0',
            "ciclo_producers_made_total ",
            "messaging_client_consumed_messages_total{",
        ):
            assert line in shown


@pytest.mark.usefixtures("log")
async def test_the_watch_shows_a_loss_until_an_operator_sends_the_event_once_more(
    both: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    await both.say(1, 1)
    await both.lose(1, [2])
    await both.intake.start()
    await both.warranty.start()
    await until_heard(both, 1, 1)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    watching = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.chassis.reconcile", *both.admins, "--watch", "0.2", "--port", str(port)),
        stdout=DEVNULL,
    )

    async def until_shown(missing: float) -> None:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            shown = ""
            while f"ciclo_reconcile_missing_events {missing}\n" not in shown:
                await asyncio.sleep(0.1)
                with suppress(httpx.ConnectError):
                    shown = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            assert 'ciclo_reconcile_parked_oldest_seconds{service="warranty"} 0.0' in shown

    try:
        await until_shown(1.0)
        parser = ArgumentParser()
        reemit_arguments(parser)
        url = both.intake.settings.database_url.get_secret_value()
        words = ["--case", str(subject(1)), "--from", "2", "--reason", "a test", "--by", "ana"]
        assert await reemission(INTAKE, url, parser.parse_args(words)) == 0
        assert capsys.readouterr().out == "1 events are sent once more\n"
        await until_shown(0.0)
        words[1] = str(subject(9))
        assert await reemission(INTAKE, url, parser.parse_args(words)) == 1
    finally:
        watching.terminate()
        await watching.wait()

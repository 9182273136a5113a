import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from services.chassis.commands import Commands
from services.chassis.decider import Message, Refusal
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.problems import Problem, Refused
from services.chassis.telemetry.context import traced

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Say(Message):
    word: str


Answer = Callable[[Input], Outcome]


class Engine:
    """Answers as told, one batch at a time, and remembers the batches."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.batches: list[list[str]] = []
        self.inputs: list[Input] = []
        self.free = asyncio.Event()
        self.free.set()
        self.failures: list[Exception] = []
        self._answer = answer or (lambda _one: Outcome(Fate.APPLIED, clock="intake:1"))

    async def apply(self, inputs: Sequence[Input]) -> list[Outcome]:
        self.batches.append([_word(one) for one in inputs])
        self.inputs += inputs
        await self.free.wait()
        if self.failures:
            raise self.failures.pop(0)
        return [self._answer(one) for one in inputs]


def _word(one: Input) -> str:
    assert isinstance(one.data, Say)
    return one.data.word


@asynccontextmanager
async def running(engine: Engine, **options: float) -> AsyncIterator[Commands]:
    commands = Commands(engine, **options)  # type: ignore[arg-type]
    await commands.start()
    try:
        yield commands
    finally:
        engine.free.set()
        await commands.stop(1)


def case() -> UUID:
    return new_id()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_command_comes_back_with_its_outcome_and_carries_a_trace() -> None:
    engine = Engine()
    async with running(engine) as commands:
        with traced(TRACE):
            outcome = await commands.send(case(), Say(word="a"), if_clock="routing:5,warranty:2")
    assert outcome.clock == "intake:1"
    assert engine.inputs[0].clock == {"routing": 5, "warranty": 2}
    assert engine.inputs[0].type == "Say"
    assert engine.inputs[0].raw == '{"word":"a"}'
    assert engine.inputs[0].traceparent == TRACE


async def test_what_arrives_while_the_engine_works_goes_together_in_batches_of_limited_size() -> None:
    engine = Engine()
    async with running(engine, batch=3) as commands:
        engine.free.clear()
        first = asyncio.create_task(commands.send(case(), Say(word="0")))
        await _until(lambda: len(engine.batches) == 1)
        others = [asyncio.create_task(commands.send(case(), Say(word=str(n)))) for n in range(1, 6)]
        await asyncio.sleep(0)
        engine.free.set()
        await asyncio.gather(first, *others)
    assert engine.batches == [["0"], ["1", "2", "3"], ["4", "5"]]


async def test_each_sender_gets_his_own_outcome() -> None:
    engine = Engine(lambda one: Outcome(Fate.APPLIED, reply=_word(one)))
    async with running(engine, batch=7) as commands:
        outcomes = await asyncio.gather(*(commands.send(case(), Say(word=str(n))) for n in range(50)))
    assert [outcome.reply for outcome in outcomes] == [str(n) for n in range(50)]


async def test_a_repeated_command_gets_the_first_reply_again() -> None:
    async with running(Engine(lambda _: Outcome(Fate.DUPLICATE, reply='{"case_no":"C-1"}'))) as commands:
        assert (await commands.send(case(), Say(word="a"))).reply == '{"case_no":"C-1"}'


@pytest.mark.parametrize(
    ("code", "retry"), [("not_seen_yet", "1"), ("clock_behind", "1"), ("too_late", None)]
)
async def test_a_refusal_says_why_and_when_it_passes_by_itself(code: str, retry: str | None) -> None:
    refused = Outcome(Fate.REFUSED, refusal=Refusal(code, "why", ("body.x",)), clock="intake:2")
    async with running(Engine(lambda _: refused)) as commands:
        with pytest.raises(Refused) as raised:
            await commands.send(case(), Say(word="a"))
    assert raised.value.details.status == 409
    assert raised.value.details.errors[0].location == "body.x"
    assert raised.value.headers.get("Retry-After") == retry
    assert raised.value.headers["Case-Clock"] == "intake:2"


async def test_a_command_whose_facts_are_locked_is_tried_again_until_it_is_applied() -> None:
    fates = iter([Fate.LATER, Fate.LATER, Fate.APPLIED])
    engine = Engine(lambda _: Outcome(next(fates)))
    async with running(engine) as commands:
        assert (await commands.send(case(), Say(word="a"))).fate is Fate.APPLIED
    assert len({one.id for one in engine.inputs}) == 1


async def test_a_command_that_is_never_decided_ends_with_503_in_its_time_limit() -> None:
    async with running(Engine(lambda _: Outcome(Fate.LATER)), time_limit=0.05) as commands:
        with pytest.raises(Problem) as raised:
            await commands.send(case(), Say(word="a"))
    assert (raised.value.details.status, raised.value.headers["Retry-After"]) == (503, "1")


async def test_when_the_database_is_away_every_sender_of_the_batch_hears_it_and_the_next_one_succeeds() -> (
    None
):
    engine = Engine()
    # asyncpg raises this, which is neither a PostgresError nor an InterfaceError, when a backend vanishes.
    engine.failures = [asyncpg.InternalClientError("cannot switch to state 12")]
    async with running(engine) as commands:
        together = [commands.send(case(), Say(word=str(n))) for n in range(3)]
        results = await asyncio.gather(*together, return_exceptions=True)
        assert [result.details.code for result in results if isinstance(result, Problem)] == [
            "database_unavailable"
        ] * 3
        assert (await commands.send(case(), Say(word="again"))).fate is Fate.APPLIED
        assert commands.died() is None


async def test_a_command_that_breaks_the_engine_fails_alone() -> None:
    def answer(one: Input) -> Outcome:
        if _word(one) == "bad":
            raise TypeError("a bug")
        return Outcome(Fate.APPLIED)

    async with running(Engine(answer)) as commands:
        sent = [commands.send(case(), Say(word=word)) for word in ("good", "bad", "fine")]
        good, bad, fine = await asyncio.gather(*sent, return_exceptions=True)
    assert isinstance(good, Outcome)
    assert isinstance(fine, Outcome)
    assert isinstance(bad, Problem)
    assert bad.details.status == 500
    assert "bug" not in bad.details.model_dump_json()


async def test_a_dead_command_is_a_500_that_tells_nothing() -> None:
    async with running(Engine(lambda _: Outcome(Fate.DEAD, reason="KeyError: secret"))) as commands:
        with pytest.raises(Problem) as raised:
            await commands.send(case(), Say(word="a"))
    assert raised.value.details.status == 500
    assert "secret" not in raised.value.details.model_dump_json()


async def test_a_full_queue_turns_away_at_once() -> None:
    engine = Engine()
    async with running(engine, waiting=1) as commands:
        engine.free.clear()
        in_flight = asyncio.create_task(commands.send(case(), Say(word="in flight")))
        await _until(lambda: len(engine.batches) == 1)
        waits = asyncio.create_task(commands.send(case(), Say(word="waits")))
        await asyncio.sleep(0)
        with pytest.raises(Problem) as raised:
            await commands.send(case(), Say(word="too many"))
        assert raised.value.details.code == "too_busy"
        assert commands.problem() is not None
        engine.free.set()
        await asyncio.gather(in_flight, waits)
    assert ["too many"] not in engine.batches


async def test_a_sender_who_goes_away_before_his_turn_changes_nothing() -> None:
    engine = Engine()
    async with running(engine) as commands:
        engine.free.clear()
        in_flight = asyncio.create_task(commands.send(case(), Say(word="in flight")))
        await _until(lambda: len(engine.batches) == 1)
        gone = asyncio.create_task(commands.send(case(), Say(word="gone")))
        stays = asyncio.create_task(commands.send(case(), Say(word="stays")))
        await asyncio.sleep(0)
        gone.cancel()
        engine.free.set()
        await asyncio.gather(in_flight, stays)
    assert engine.batches == [["in flight"], ["stays"]]


async def test_a_sender_who_goes_away_in_flight_disturbs_nobody() -> None:
    engine = Engine()
    async with running(engine) as commands:
        engine.free.clear()
        pair = [asyncio.create_task(commands.send(case(), Say(word=word))) for word in ("gone", "stays")]
        await _until(lambda: len(engine.batches) == 1)
        pair[0].cancel()
        engine.free.set()
        assert (await pair[1]).fate is Fate.APPLIED
        assert (await commands.send(case(), Say(word="next"))).fate is Fate.APPLIED


async def test_stopping_decides_what_waits_and_turns_away_what_comes() -> None:
    engine = Engine()
    async with running(engine, batch=1) as commands:
        engine.free.clear()
        sent = [asyncio.create_task(commands.send(case(), Say(word=word))) for word in ("a", "b")]
        await _until(lambda: len(engine.batches) == 1)
        stopping = asyncio.create_task(commands.stop(5))
        await asyncio.sleep(0)
        with pytest.raises(Problem) as raised:
            await commands.send(case(), Say(word="late"))
        assert raised.value.details.status == 503
        engine.free.set()
        assert [outcome.fate for outcome in await asyncio.gather(*sent)] == [Fate.APPLIED, Fate.APPLIED]
        await stopping


async def test_what_the_engine_does_not_finish_in_the_grace_is_cut_and_its_sender_told() -> None:
    engine = Engine()
    async with running(engine) as commands:
        engine.free.clear()
        sent = asyncio.create_task(commands.send(case(), Say(word="a")))
        await _until(lambda: len(engine.batches) == 1)
        await commands.stop(0.01)
        with pytest.raises(Problem) as raised:
            await sent
    assert raised.value.details.code == "not_accepting"


async def test_a_malformed_case_clock_is_refused_before_anything_is_decided() -> None:
    engine = Engine()
    async with running(engine) as commands:
        with pytest.raises(Problem) as raised:
            await commands.send(case(), Say(word="a"), if_clock="yesterday")
    assert raised.value.details.status == 400
    assert engine.batches == []

"""Effects: every call is made, in its order, and its result comes back exactly once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from services.chassis.decider import Message
from services.chassis.definition import EffectCall, Retry
from services.chassis.effects import Effects
from tests.support.engine_world import NOW, Call, World, event, human_of, subject
from tests.support.replicas import later, only_replica, replica, until_empty

Answer = Callable[[EffectCall], Message | Retry]


class Provider:
    """The outside: remembers each call, and answers as it is told to."""

    data: type[Message] = Call

    def __init__(self, answer: Answer, *, batch: int = 50, attempts: int | None = None) -> None:
        self.batch, self.attempts = batch, attempts
        self.answer = answer
        self.calls: list[EffectCall] = []
        self.closed = False

    async def run(self, calls: Sequence[EffectCall]) -> Sequence[Message | Retry]:
        self.calls.extend(calls)
        await asyncio.sleep(0.005)
        return [self.answer(call) for call in calls]

    async def close(self) -> None:
        self.closed = True

    def give_up(self, _call: EffectCall, _reason: str) -> Message:
        return Call(number=99)

    def keys(self) -> Counter[str]:
        return Counter(call.key for call in self.calls)


def done(call: EffectCall) -> Message:
    answer: Message = call.data
    return answer


async def _database_away(_inputs: object) -> None:
    raise ConnectionResetError


def busy(_call: EffectCall) -> Retry:
    return Retry("busy")


@pytest.fixture
async def world(shared: World) -> World:
    await shared.forget()
    await later(shared, timedelta())
    return shared


async def owe(world: World, number: int, effects: int = 1) -> None:
    """So many effects of one aggregate, in one order."""
    await world.engine.apply([event(number, "intake", n, human_of()) for n in range(1, effects + 1)])


async def test_the_result_of_an_effect_comes_back_as_an_input(world: World, url: str) -> None:
    await owe(world, 1)
    cause = await world.pool.fetchval("SELECT cause FROM effects")
    provider = Provider(done)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        assert await effects.turn() == 0
        assert await effects.turn() is None
    assert await world.state(1) == ["human", "called:0"]
    assert await world.count("effects") == 0
    (call,) = provider.calls
    assert call.key == f"{subject(1)}/Call/{cause}/"
    assert (call.attempts, call.data) == (0, Call(number=0))
    assert (call.traceparent or "").startswith("00-0af7651916cd43dd8448eb211c80319c-")  # the same leg


async def test_what_a_runner_keeps_open_is_closed_when_the_service_ends(world: World, url: str) -> None:
    await owe(world, 1)
    provider = Provider(done)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        await effects.start()
        await until_empty(world, "effects")
        assert not provider.closed
        await effects.stop(5)
    assert provider.closed


async def test_effects_of_one_order_wait_for_one_another_and_those_of_others_do_not(
    world: World, url: str
) -> None:
    await owe(world, 1, effects=3)
    await owe(world, 2)
    provider = Provider(done)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        assert await effects.turn() == 0
        assert {(call.subject, call.data.number) for call in provider.calls} == {
            (subject(1), 0),
            (subject(2), 0),
        }
        while await effects.turn() == 0:
            pass
    assert [call.data.number for call in provider.calls if call.subject == subject(1)] == [0, 1, 2]


async def test_a_call_that_failed_is_made_again_later_with_the_same_key_before_the_next_of_its_order(
    world: World, url: str
) -> None:
    await owe(world, 1, effects=2)
    await owe(world, 2)
    provider = Provider(lambda call: busy(call) if call.subject == subject(1) else done(call))
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        await effects.turn()
        assert await world.state(2) == ["human", "called:0"]
        assert await effects.turn() is None
        assert await world.pool.fetchval(
            "SELECT due_at - $1 BETWEEN interval '0.25 s' AND interval '0.5 s' FROM effects"
            " WHERE attempts = 1",
            NOW,
        )
        provider.answer = done
        await later(world, timedelta(seconds=1))
        while await effects.turn() == 0:
            pass
    assert await world.state(1) == ["human", "human", "called:0", "called:1"]
    first, again, _ = (call for call in provider.calls if call.subject == subject(1))
    assert (first.key, first.attempts, again.attempts) == (again.key, 0, 1)


async def test_a_provider_that_says_when_to_come_again_is_left_alone_until_then(
    world: World, url: str
) -> None:
    await owe(world, 1)
    provider = Provider(lambda _: Retry("later", after=timedelta(minutes=5)))
    async with only_replica(url) as lanes:
        await Effects(world.engine, lanes, provider).turn()
    assert await world.pool.fetchval("SELECT due_at FROM effects") == NOW + timedelta(minutes=5)


async def test_after_the_last_attempt_the_runner_says_what_the_case_is_told(world: World, url: str) -> None:
    await owe(world, 1)
    provider = Provider(busy, attempts=3)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        for attempt in range(3):
            await later(world, timedelta(minutes=attempt))
            await effects.turn()
    assert await world.state(1) == ["human", "called:99"]
    assert len(provider.calls) == 3


async def test_a_runner_that_crashes_or_hangs_is_tried_again_and_its_words_stay_out_of_the_log(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owe(world, 1)

    def crash(_call: EffectCall) -> Message:
        raise ConnectionRefusedError("550 no such user ana@example.com")

    provider = Provider(crash)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        with capture_logs() as logs:
            await effects.turn()
        monkeypatch.setattr("services.chassis.effects.RUN_S", 0.001)
        provider.answer = done
        await later(world, timedelta(minutes=1))
        await effects.turn()
    assert "ConnectionRefusedError" in str(logs)
    assert "ana@" not in str(logs)
    assert await world.pool.fetchval("SELECT attempts FROM effects") == 2


async def test_a_call_that_was_made_is_not_made_again_because_its_result_could_not_be_stored(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owe(world, 1)
    provider = Provider(done)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        with monkeypatch.context() as patch:
            patch.setattr(world.engine, "apply", _database_away)
            with pytest.raises(ConnectionResetError):
                await effects.turn()
        await effects.turn()
    assert await world.state(1) == ["human", "called:0"]
    assert len(provider.calls) == 1


async def test_an_effect_that_this_release_cannot_read_waits_and_delays_no_other_aggregate(
    world: World, url: str
) -> None:
    await owe(world, 1)
    await world.pool.execute("""UPDATE effects SET data = '{"newer": true}'""")
    await owe(world, 2)
    provider = Provider(done)
    async with only_replica(url) as lanes:
        effects = Effects(world.engine, lanes, provider)
        await effects.turn()
    assert await world.state(2) == ["human", "called:0"]
    assert await world.pool.fetchval("SELECT attempts FROM effects") == 1
    assert len(provider.calls) == 1


async def test_no_call_is_made_twice_while_lanes_go_from_replica_to_replica(world: World, url: str) -> None:
    await world.engine.apply([event(n, "intake", 1, human_of()) for n in range(600)])
    provider = Provider(done, batch=10)

    async def work(delay: float) -> None:
        await asyncio.sleep(delay)
        async with replica(url) as lanes:
            effects = Effects(world.engine, lanes, provider)
            await effects.start()
            await until_empty(world, "effects")
            await effects.stop(5)

    await asyncio.gather(work(0), work(0.3), work(0.6))
    assert len(provider.keys()) == 600
    assert set(provider.keys().values()) == {1}

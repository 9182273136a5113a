"""What an operator sees and does when a decision failed."""

from argparse import ArgumentParser
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.chassis.dead_letters import DeadLetters
from services.chassis.decider import Decision, Given
from services.chassis.engine import Engine
from services.chassis.inputs import Fate
from services.chassis.operator_commands import dead_letter_arguments, dead_letters
from tests.conftest import NewDatabase
from tests.support.engine_world import (
    COUNTS,
    Count,
    World,
    definition,
    event,
    human_of,
    information_of,
    subject,
)


def mended(state: Count | None, _event: object, _given: Given) -> Decision[Count]:
    """The handler as a repaired release has it."""
    seen = (*(state or Count()).seen, "mended")
    return Decision((state or Count()).model_copy(update={"seen": seen}))


@pytest.fixture(scope="module")
async def shared(database: NewDatabase) -> AsyncIterator[tuple[World, str]]:
    url = await database("chassis")
    world = await World.create(url)
    yield world, url
    await world.pool.close()


@pytest.fixture
async def world(shared: tuple[World, str]) -> World:
    world, _ = shared
    await world.forget()
    bad = [event(n, "intake", 1, information_of("slot-secret", "boom")) for n in (1, 2)]
    await world.engine.apply([*bad, event(1, "intake", 2, human_of()), event(1, "intake", 3, human_of())])
    return world


async def test_dead_letters_are_grouped_by_cause(world: World) -> None:
    letters = DeadLetters(world.pool, world.engine)
    groups = await letters.groups()
    assert [(group["error"], group["letters"], group["aggregates"]) for group in groups] == [
        ("RuntimeError", 2, 2)
    ]
    assert [row["behind"] for row in await letters.ls()] == [2, 0]


async def test_a_payload_is_shown_without_values_unless_asked_for(world: World) -> None:
    letters = DeadLetters(world.pool, world.engine)
    letter = (await letters.ls())[0]["id"]
    assert "slot-secret" not in str(await letters.show(letter))
    assert (await letters.show(letter, values=True))["payload"]["facts"]["purchase_ref"] == "slot-secret"


async def test_after_a_repair_everything_goes_on_in_sequence(world: World) -> None:
    assert [one.fate for one in await DeadLetters(world.pool, world.engine).redrive()] == [Fate.DEAD] * 2
    repaired = replace(COUNTS, on={**COUNTS.on, type(information_of()): mended})
    letters = DeadLetters(world.pool, Engine(world.pool, definition(repaired)))
    assert [one.fate for one in await letters.redrive()] == [Fate.APPLIED] * 2
    assert await world.state(1) == ["mended", "human", "human"]
    assert await world.count("dead_letters") == await world.count("parked") == 0


async def test_discarding_lets_the_rest_go_on_and_is_audited(world: World) -> None:
    letters = DeadLetters(world.pool, world.engine)
    await letters.discard((await letters.ls(aggregate=subject(1)))[0]["id"], actor="ana", reason="a test")
    assert await world.state(1) == ["human", "human"]
    assert await world.pool.fetchval("SELECT actor FROM operator_actions") == "ana"
    # What comes again is a duplicate now.
    again = event(1, "intake", 1, information_of("slot-secret", "boom"))
    assert (await world.engine.apply([again]))[0].fate is Fate.DUPLICATE


async def test_a_group_that_starts_late_takes_a_baseline(world: World) -> None:
    await world.forget()
    late = [
        event(1, "intake", 5, human_of()),
        event(1, "intake", 6, human_of()),
        event(2, "routing", 1, None, clock={"intake": 4}),
    ]
    await world.engine.apply(late)
    taken = await DeadLetters(world.pool, world.engine).take_baseline("intake", actor="ana", reason="late")
    assert taken == 2
    assert await world.state(1) == ["human", "human"]
    assert await world.count("parked") == 0


async def test_the_command_line_lists_shows_and_discards(
    shared: tuple[World, str], world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = ArgumentParser()
    dead_letter_arguments(parser)

    async def run(*words: str) -> tuple[int, str]:
        code = await dead_letters(definition(), shared[1], parser.parse_args(words))
        return code, capsys.readouterr().out

    code, listed = await run("ls")
    assert code == 0
    assert "ciclo.case.information_received.v1" in listed
    letter = listed.splitlines()[1].split()[0]
    assert "<str>" in (await run("show", letter))[1]
    assert (await run("redrive", letter))[0] == 1
    letter = (await run("ls", "--aggregate", str(subject(1))))[1].splitlines()[1].split()[0]
    assert await run("discard", letter, "--reason", "a test", "--by", "ana") == (0, f"{letter}: discarded\n")
    assert await run("show", letter) == (1, f"there is no dead letter {letter}\n")

"""What an operator sees and does when a decision failed."""

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ciclo_schemas.inbound import WorkshopReported, WorkshopReportKind
from services.chassis.baselines import take_baseline
from services.chassis.breaker import Breaker
from services.chassis.dead_letter_arguments import dead_letter_arguments
from services.chassis.dead_letter_commands import dead_letters
from services.chassis.dead_letters import DeadLetters, Redriven, Selection, Who
from services.chassis.decider import Decision, Given, Origin
from services.chassis.engine import Engine
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input, Position, key_of
from tests.conftest import NewDatabase
from tests.support.engine_world import (
    COUNTS,
    NOW,
    Count,
    World,
    command,
    definition,
    event,
    human_of,
    information_of,
    subject,
)

ANA = Who("ana", "a test")


class Line:
    """The command line of `deadletters` on one database."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._url, self._capsys, self.service = url, capsys, definition()
        self._parser = ArgumentParser()
        dead_letter_arguments(self._parser)

    async def __call__(self, *words: str) -> tuple[int, str]:
        """Its exit code, and what it says."""
        self._capsys.readouterr()
        code = await dead_letters(self.service, self._url, self._parser.parse_args(words))
        told = self._capsys.readouterr()
        return code, told.out + told.err

    async def done(self, *words: str) -> str:
        """The same for what must succeed."""
        code, told = await self(*words, "--reason", "a test", "--by", "ana")
        assert code == 0, told
        return told


@pytest.fixture(scope="module")
async def shared(database: NewDatabase) -> AsyncIterator[tuple[World, str]]:
    url = await database("chassis")
    world = await World.create(url)
    yield world, url
    await world.pool.close()


@pytest.fixture
async def world(shared: tuple[World, str], log: object) -> World:
    world, _ = shared
    await world.forget()
    world.engine.breaker = Breaker()
    bad = [event(n, "intake", 1, information_of("slot-secret", "boom")) for n in (1, 2)]
    await world.engine.apply([*bad, event(1, "intake", 2, human_of()), event(1, "intake", 3, human_of())])
    return world


@pytest.fixture
def line(shared: tuple[World, str], capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(shared[1], capsys)


async def redriven(letters: DeadLetters, chosen: Selection = Selection()) -> list[Redriven]:  # noqa: B008
    return [one async for one in letters.redrive(chosen, ANA)]


async def test_dead_letters_are_grouped_by_cause(world: World) -> None:
    letters = DeadLetters(world.pool, world.engine)
    groups = await letters.groups()
    assert [(group["error"], group["letters"], group["aggregates"]) for group in groups] == [
        ("RuntimeError", 2, 2)
    ]
    assert [row["behind"] for row in await letters.ls()] == [2, 0]


async def test_the_list_says_in_words_when_there_is_nothing_and_can_be_narrowed(
    world: World, line: Line
) -> None:
    cause = (await DeadLetters(world.pool, world.engine).groups())[0]["name"]
    for words, lines in (
        ((), 3),
        (("--case", str(subject(2))), 2),
        (("--error", cause), 3),
        (("--since", "1h"), 3),
        (("--since", (NOW + timedelta(hours=1)).isoformat()), 1),
        (("--group-by", "error"), 2),
        (("--group-by", "type"), 2),
        (("--group-by", "case"), 3),
        (("--limit", "1"), 3),
    ):
        code, told = await line("ls", *words)
        assert (code, len(told.splitlines())) == (0, lines), words
    assert (await line("ls", "--type", "nothing"))[1] == "no dead letters fit\n"
    await world.forget()
    assert (await line("ls"))[1] == "there are no dead letters\n"
    assert await line.done("redrive") == "there are no dead letters\n"


async def test_values_are_shown_for_a_reason_alone_and_that_is_audited(world: World, line: Line) -> None:
    letter = str((await DeadLetters(world.pool, world.engine).ls())[0]["id"])
    code, told = await line("show", letter)
    assert (code, "slot-secret" in told, '"purchase_ref": "<str>"' in told) == (0, False, True)
    assert await line("show", letter, "--reveal") == (2, "--reveal needs a --reason\n")
    assert await world.count("operator_actions") == 0
    assert "slot-secret" in await line.done("show", letter, "--reveal")
    assert await actions(world) == [("ana", "reveal", "a test")]


async def test_a_dry_run_tells_what_todays_code_would_do_and_changes_nothing(
    world: World, line: Line
) -> None:
    before = await world.snapshot()
    code, told = await line("test")
    assert code == 1
    assert "2 tested, 2 would fail again; nothing was changed" in told
    line.service = definition_of(forgiving)
    told = await line.done("test", "--case", str(subject(1)))
    for expected in (
        ": applied\n",
        "would publish ciclo.item.received.v1 1\n",
        "would owe Call\n",
        "would set or cancel the timer Ring 1\n",
        "would write 1 of slots\n",
        "would let 2 go on that wait\n",
        "1 tested, 0 would fail again; nothing was changed\n",
    ):
        assert expected in told
    assert "slot-secret" not in told
    assert await world.snapshot() == before
    assert {action for _, action, _ in await actions(world)} == {"test"}


async def test_a_dry_run_says_what_could_not_be_stored(world: World, line: Line) -> None:
    await world.forget()
    one = event(1, "intake", 1, information_of("exclusive-1", "boom"))
    await world.engine.apply([one, event(2, "intake", 1, information_of("exclusive-1"))])
    letter = str((await DeadLetters(world.pool, world.engine).ls())[0]["id"])
    patched = '[{"op": "remove", "path": "/facts/symptom_code"}]'
    await mend(line, letter, patched)
    code, told = await line("test", letter)
    assert (code, "cannot be stored: UniqueViolationError one_exclusive" in told) == (1, True)


async def test_a_patch_mends_the_data_and_the_original_is_kept_until_it_is_decided(
    world: World, line: Line
) -> None:
    letter = str((await DeadLetters(world.pool, world.engine).ls(Selection(aggregate=subject(1))))[0]["id"])
    told = await mend(line, letter, '[{"op": "replace", "path": "/facts/symptom_code", "value": "cold"}]')
    assert "/facts/symptom_code: <str> -> <str>\n" in told
    shown = await line.done("show", letter, "--reveal")
    assert json.loads(shown)["data"]["facts"]["symptom_code"] == "cold"
    assert json.loads(shown)["original data"]["facts"]["symptom_code"] == "boom"
    assert "boom" not in (await line("show", letter))[1]
    told = await mend(
        line, letter, '[{"op": "add", "path": "/facts/symptom_code", "value": "boom"}]', "--reveal"
    )
    assert '/facts/symptom_code: "cold" -> "boom"\n' in told
    assert (await line("redrive", letter, "--reason", "a test"))[0] == 1
    # It failed again: it keeps its number and its original.
    assert await line.done("transform", letter, "--restore")
    assert "original data" not in await line.done("show", letter, "--reveal")
    await mend(line, letter, '[{"op": "remove", "path": "/facts/symptom_code"}]')
    assert await line.done("redrive", letter) == f"{letter}: applied\n1 redriven, 0 failed again\n"
    assert (await world.state(1))[:1] == ["information:slot-secret"]
    assert "boom" not in str(await world.pool.fetch("SELECT subject FROM operator_actions"))


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ("{}", "this is no JSON Patch"),
        ("[", "this is no JSON Patch"),
        ('[{"op": "dance", "path": "/x"}]', "this is no JSON Patch"),
        ('[{"op": "remove", "path": "/nowhere/secret"}]', "the patch does not fit the data"),
        ('[{"op": "test", "path": "/facts/purchase_ref", "value": "x"}]', "the patch does not fit the data"),
    ],
)
async def test_a_patch_that_does_not_fit_changes_nothing_and_quotes_nothing(
    world: World, line: Line, tmp_path: Path, patch: str, why: str
) -> None:
    letter = str((await DeadLetters(world.pool, world.engine).ls())[0]["id"])
    (tmp_path / "patch").write_text(patch)
    before = await world.snapshot()
    code, told = await line("transform", letter, "--patch", str(tmp_path / "patch"), "--reason", "a test")
    assert (code, why in told, "slot-secret" in told) == (2, True, False)
    assert await world.snapshot() == before
    assert await world.count("operator_actions") == 0


async def test_after_a_repair_everything_goes_on_in_sequence(world: World) -> None:
    assert [one.fate for one in await redriven(DeadLetters(world.pool, world.engine))] == [Fate.DEAD] * 2
    repaired = replace(COUNTS, on={**COUNTS.on, type(information_of()): mended})
    letters = DeadLetters(world.pool, Engine(world.pool, definition(repaired)))
    numbers = [one.id for one in await redriven(letters)]
    assert await world.state(1) == ["mended", "human", "human"]
    assert await world.count("dead_letters") == await world.count("parked") == 0
    assert await redriven(letters, Selection(tuple(numbers))) == [], "what is gone is not decided again"


async def test_letters_that_fail_again_open_no_breaker(world: World) -> None:
    """They were dead before; the operator is told of each."""
    await world.engine.apply([event(n, "intake", 1, None) for n in range(100, 200)])
    bad = [event(n, "intake", 1, information_of("slot", "boom")) for n in range(3, 40)]
    await world.engine.apply(bad)
    engine = Engine(world.pool, definition())
    assert len(await redriven(DeadLetters(world.pool, engine))) == 39


async def test_dead_letters_are_redriven_no_faster_than_asked(world: World) -> None:
    began = monotonic()
    letters = DeadLetters(world.pool, world.engine)
    assert len([one async for one in letters.redrive(Selection(), ANA, per_second=4)]) == 2
    assert monotonic() - began >= 0.25


async def test_discarding_lets_the_rest_go_on_and_is_audited(world: World) -> None:
    letters = DeadLetters(world.pool, world.engine)
    await letters.discard((await letters.ls(Selection(aggregate=subject(1))))[0]["id"], ANA)
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
    taken = await take_baseline(world.pool, world.engine, "intake", actor="ana", reason="late")
    assert taken == 2
    assert await world.state(1) == ["human", "human"]
    assert await world.count("parked") == 0


async def test_giving_up_what_only_a_projection_failed_on_moves_no_watermark(world: World) -> None:
    await world.forget()

    def shows_nothing(_published: object) -> list[Any]:
        raise RuntimeError("told to fail")

    engine = Engine(world.pool, replace(definition(), projection=shows_nothing))
    await engine.start()
    await engine.apply([event(1, "intake", 1, information_of("slot"))])
    marks = await world.marks(1)
    letters = DeadLetters(world.pool, engine)
    for row in await letters.ls():
        await letters.discard(row["id"], ANA)
    assert await world.marks(1) == marks
    assert await world.count("dead_letters") == 0


async def test_a_file_moves_dead_letters_to_another_database_once(
    world: World, line: Line, database: NewDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "letters"
    assert await line.done("export", str(file), "--reveal") == f"2 written to {file}, with all values\n"
    assert (await line("export", str(file), "--reason", "a test"))[0] == 2, "no file is overwritten"
    assert file.stat().st_mode & 0o777 == 0o600
    assert await line.done("import", str(file)) == "0 imported, 2 known already\n"
    elsewhere = await database("chassis")
    other = await World.create(elsewhere)
    there = Line(elsewhere, capsys)
    try:
        # One of them came there by itself, meanwhile.
        await other.engine.apply([event(2, "intake", 1, information_of("slot-secret"))])
        assert await there.done("import", str(file)) == "1 imported, 1 known already\n"
        assert await there.done("import", str(file)) == "0 imported, 2 known already\n"
        letters = DeadLetters(other.pool, Engine(other.pool, definition_of(mended)))
        assert [one.fate for one in await redriven(letters)] == [Fate.APPLIED]
        assert await other.state(1) == ["mended"]
        # Once it was settled there, the same file brings nothing back.
        assert await there.done("import", str(file)) == "0 imported, 2 known already\n"
    finally:
        await other.pool.close()


async def test_a_report_brought_in_by_a_file_counts_once_whether_or_not_it_comes_by_itself_too(
    world: World, line: Line, database: NewDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.forget()
    data = WorkshopReported(
        publisher="sat-norte",
        case=subject(1),
        repair_no="R-1",
        kind=WorkshopReportKind.RECEIVED,
        happened_at=NOW,
    )
    report = Input(
        subject=subject(1),
        origin=Origin.INBOUND,
        type=data.event_type,
        id=new_id(),
        data=data,
        raw=data.write().decode(),
        business_key=key_of(data),
        position=Position("ciclo.inbound.workshops.v1", 0, 7),
    )
    failing = replace(COUNTS, on={**COUNTS.on, WorkshopReported: fails})
    engine = Engine(world.pool, definition(failing))
    assert [one.fate for one in await engine.apply([report])] == [Fate.DEAD]
    file = tmp_path / "letters"
    await line.done("export", str(file), "--reveal")
    elsewhere = await database("chassis")
    other = await World.create(elsewhere)
    try:
        await other.engine.apply([command(1, "open")])
        assert await Line(elsewhere, capsys).done("import", str(file)) == "1 imported, 0 known already\n"
        elsewhere_in_kafka = replace(report, position=Position("ciclo.inbound.workshops.v1", 1, 9))
        assert (await other.engine.apply([elsewhere_in_kafka]))[0].fate is Fate.DUPLICATE
        await redriven(DeadLetters(other.pool, other.engine))
        assert await other.state(1) == ["open", "report:received"]
    finally:
        await other.pool.close()


async def test_a_masked_file_holds_no_value_and_nothing_in_it_can_be_decided(
    world: World, line: Line, tmp_path: Path
) -> None:
    file = tmp_path / "letters"
    assert await line.done("export", str(file), "--case", str(subject(1))) == f"1 written to {file}, masked\n"
    assert "slot-secret" not in file.read_text()
    await world.forget()
    assert await line.done("import", str(file)) == "1 imported, 0 known already\n"
    (letter,) = await DeadLetters(world.pool, world.engine).ls()
    for _ in range(2):
        assert (await line("redrive", str(letter["id"]), "--reason", "a test"))[0] == 1
    assert await world.state(1) == []
    await line.done("discard", str(letter["id"]))


async def test_a_file_of_something_else_is_refused_whole(world: World, line: Line, tmp_path: Path) -> None:
    file = tmp_path / "letters"
    await line.done("export", str(file), "--reveal")
    heading, *letters = file.read_text().splitlines()
    for text, why in (
        ("", ""),
        ("nothing\n", "line 1 is no heading"),
        ("\n".join([heading.replace("warranty", "intake"), *letters]), "dead letters of intake"),
        ("\n".join([heading, letters[0], '{"aggregate": "slot-secret"}']), "line 3 is no dead letter"),
    ):
        file.write_text(text)
        code, told = await line("import", str(file), "--reason", "a test")
        assert (code, why in told, "slot-secret" in told) == (2 if why else 0, True, False)
    assert (await line("import", str(tmp_path / "absent"), "--reason", "a test"))[0] == 2


async def test_the_command_line_gives_up_and_says_when_a_letter_is_gone(world: World, line: Line) -> None:
    letter = str((await DeadLetters(world.pool, world.engine).ls())[0]["id"])
    assert await line.done("discard", letter) == f"{letter}: discarded\n"
    assert await line("show", letter) == (1, f"there is no dead letter {letter}\n")
    with pytest.raises(SystemExit, match="2"):
        await line("discard", letter)
    assert await actions(world) == [("ana", "discard", "a test")]


def fails(_state: Count | None, _data: object, _given: Given) -> Decision[Count]:
    """A handler with a bug."""
    raise RuntimeError("told to fail")


def mended(state: Count | None, _event: object, _given: Given) -> Decision[Count]:
    """The handler as a repaired release has it."""
    seen = (*(state or Count()).seen, "mended")
    return Decision((state or Count()).model_copy(update={"seen": seen}))


def forgiving(state: Count | None, event: Any, given: Given) -> Decision[Count]:
    """The handler that no longer fails."""
    facts = event.facts.model_copy(update={"symptom_code": None})
    decision: Decision[Count] = COUNTS.on[type(event)](
        state, event.model_copy(update={"facts": facts}), given
    )
    return decision


def definition_of(handler: Any) -> Any:
    """The service with another handler of what fails."""
    return definition(replace(COUNTS, on={**COUNTS.on, type(information_of()): handler}))


async def actions(world: World) -> list[tuple[str, str, str]]:
    rows = await world.pool.fetch("SELECT actor, action, reason FROM operator_actions ORDER BY id")
    return [tuple(row) for row in rows]


async def mend(line: Line, letter: str, patch: str, *more: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(patch)
        file.flush()
        return await line.done("transform", letter, "--patch", file.name, *more)

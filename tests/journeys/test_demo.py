"""`make demo` as its users run it, and how it judges what does not end well."""

import asyncio
import io
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from demo.mailbox import Mailbox
from demo.play import judge
from demo.processes import ROOT
from demo.report import Ending
from demo.screen import Screen
from demo.stories import STORIES
from deploy.embedded import Servers
from deploy.embedded.runtime import KAFKA_SETTING, POSTGRES_SETTING
from tests.journeys.conftest import Played
from tests.journeys.reader import read_everything
from tests.journeys.wire import Wire

pytestmark = pytest.mark.timeout(240)


async def test_the_demo_ends_well_beside_the_cases_of_an_earlier_run(
    own_servers: Servers, played: Played
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo",
        cwd=ROOT,
        env=os.environ | {KAFKA_SETTING: own_servers.kafka, POSTGRES_SETTING: own_servers.postgres},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    shown = (await process.communicate())[0].decode()
    assert process.returncode == 0, shown
    table = shown.partition("Every case, from the first word to the end")[2]
    assert [story.title for story in STORIES if story.title not in table] == []
    assert "unknown:" not in table
    assert "FAILED" not in shown
    wire = Wire(await asyncio.to_thread(read_everything, own_servers.kafka))
    assert len(wire.events) > len(played.evidence.wire.events)
    assert wire.faults() == []


def test_a_case_that_ends_otherwise_than_its_story_says_fails_the_demo(
    played: Played, tmp_path: Path
) -> None:
    good = played.evidence.endings[0]
    told = replace(good.story, never=("case.closed",), once=("case.reopened",), messages=("closed",))
    complaints = told.complaints(good.events, good.told)
    code, shown = _judged(replace(good, story=told, complaints=complaints), tmp_path)
    assert code == 1
    assert f"FAILED  {told.title} ({good.case_no}): case.closed happened" in shown
    assert "case.reopened happened 0 times" in shown
    assert "the customer was told ['closed', 'receipt'" in shown


def test_a_story_that_does_not_come_to_its_end_fails_the_demo_in_time(played: Played, tmp_path: Path) -> None:
    code, shown = _judged(played.never, tmp_path)
    assert code == 1
    assert "FAILED  never ends (no case): not at its end after 1 s" in shown
    assert "next should have come: case.opened" in shown


def test_one_bad_end_among_good_ones_is_enough(played: Played, tmp_path: Path) -> None:
    good = played.evidence.endings
    screen = Screen(Console(file=io.StringIO()))
    assert judge(screen, Mailbox(tmp_path), good) == 0
    assert judge(screen, Mailbox(tmp_path), [*good, played.never]) == 1


def _judged(ending: Ending, folder: Path) -> tuple[int, str]:
    shown = io.StringIO()
    return judge(Screen(Console(file=shown, width=160)), Mailbox(folder), [ending]), shown.getvalue()

"""The README's examples for other systems, run as they stand there."""

import asyncio
import os
import re
import sys

import pytest

from demo.processes import ROOT
from deploy.embedded import Servers
from tests.journeys.house import open_house
from tests.journeys.reader import Record, read_everything

pytestmark = pytest.mark.timeout(120)


def _example(name: str) -> str:
    blocks = re.findall(r"```python\n(# (\S+?):.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    examples: dict[str, str] = {named: code for code, named in blocks}
    return examples[name]


async def _run(name: str, kafka: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _example(name),
        env=os.environ | {"KAFKA": kafka},
        stdout=asyncio.subprocess.PIPE,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


def _text(record: Record) -> str:
    return (record.value or b"").decode()


async def test_another_system_opens_a_case_and_follows_it_by_the_examples_of_the_readme(
    own_servers: Servers,
) -> None:
    async with open_house(own_servers, own_servers.directory / "readme"):
        said, number = (await _run("open_case.py", own_servers.kafka)).split()
        assert said == "sent"
        followed = (await _run("follow.py", own_servers.kafka)).splitlines()
    records = await asyncio.to_thread(read_everything, own_servers.kafka)
    [case] = {one.subject for one in records if one.name == "case.opened" and number in _text(one)}
    types = {line.split()[1] for line in followed if line.startswith(case)}
    assert types >= {"ciclo.case.opened.v1", "ciclo.promise.made.v1", "ciclo.case.classified.v1"}

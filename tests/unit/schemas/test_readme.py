"""What the README shows to other teams runs, and does what it says."""

import re
from typing import Any

import pytest

from ciclo_schemas.inbound import WorkshopReported
from ciclo_schemas.publish import SCHEMAS, examples_of
from ciclo_schemas.registry import read_event


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """The names that the README's Python blocks define."""
    text = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)  # noqa: S102 - the README's own code
    return names


def test_the_report_that_the_readme_writes_is_one_that_ciclo_reads(shown: dict[str, Any]) -> None:
    event = read_event(dict(shown["headers"])["ce_type"].decode(), shown["value"])
    assert isinstance(event, WorkshopReported)
    assert (shown["topic"], shown["key"]) == (event.topic, event.repair_no.encode())


def test_the_reader_that_the_readme_shows_answers_every_record(shown: dict[str, Any]) -> None:
    on_record = shown["on_record"]
    approved = examples_of("ciclo.replacement.approved.v1")["washing_machine_in_trial"].encode()
    headers = [(name, value) for name, value in shown["headers"] if name != "ce_type"]
    replaced = [*headers, ("ce_type", b"ciclo.replacement.approved.v1")]
    case = dict(headers)["ce_subject"].decode()
    assert on_record(replaced, approved) == f"case {case}: a new unit by 28 November"
    assert on_record([*headers, ("ce_type", b"ciclo.of.a.newer.release.v1")], b"{}") == "not for us"
    assert on_record(headers, approved) == "missing at ce_type"

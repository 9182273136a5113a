"""The examples: two for each event at least, just what models write and published schemas accept."""

import json
from collections import Counter

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from ciclo_schemas.publish import json_schema, short_name
from ciclo_schemas.registry import EVENTS, Event
from tests.unit.schemas.examples import EXAMPLES, FOLDER, NAMES

each_example = pytest.mark.parametrize(("model", "story", "text"), EXAMPLES, ids=NAMES)


@each_example
def test_an_example_is_strictly_valid_and_written_back_as_it_stands(
    model: type[Event], story: str, text: str
) -> None:
    event = model.model_validate_json(text, strict=True)
    assert json.loads(event.write()) == json.loads(text), story
    assert model.read(event.write()) == event


@each_example
def test_an_example_satisfies_the_published_schema(model: type[Event], story: str, text: str) -> None:
    schema = json_schema(model)
    Draft202012Validator.check_schema(schema)
    faults = list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(json.loads(text)))
    assert not faults, story


def test_every_event_has_two_different_examples_at_least() -> None:
    different = Counter(model.event_type for model, text in {(model, text) for model, _, text in EXAMPLES})
    assert {name: different[name] for name in EVENTS if different[name] < 2} == {}


def test_no_example_belongs_to_an_unknown_event() -> None:
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == {
        short_name(name) for name in EVENTS
    }


def test_every_story_is_told_in_the_examples_readme() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [story for _, story, _ in EXAMPLES if f"| `{story}` |" not in told] == []

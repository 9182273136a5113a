"""The committed examples, as tests read them."""

from pathlib import Path

from ciclo_schemas.publish import examples_of
from ciclo_schemas.registry import EVENTS, Event

FOLDER = Path(__file__).parents[3] / "schemas" / "examples"
EXAMPLES: list[tuple[type[Event], str, str]] = [
    (model, story, text) for name, model in EVENTS.items() for story, text in examples_of(name).items()
]
NAMES = [f"{model.event_type}-{story}" for model, story, _ in EXAMPLES]

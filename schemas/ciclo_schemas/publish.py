"""What teams without Python read: JSON Schemas, AsyncAPI, the catalogue of events. All generated.

    python -m ciclo_schemas.publish

writes schemas/published/ and docs/events/ of a source checkout anew. Needs the extra `topics`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ciclo_schemas.asyncapi import asyncapi
from ciclo_schemas.envelope import schema_uri
from ciclo_schemas.inbound import InboundEvent
from ciclo_schemas.registry import EVENTS, Event
from ciclo_schemas.topics import Topic, load_topics
from ciclo_schemas.values import OpenEnum

SCHEMAS = Path(__file__).parents[1]
REPOSITORY = SCHEMAS.parent


class WriterSchema(GenerateJsonSchema):
    """For what other systems write: exactly what is accepted, so that a misspelt field is found."""

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """An open enumeration without the fallback that only readers see."""
        described = super().enum_schema(schema)
        if issubclass(schema["cls"], OpenEnum):
            described["enum"] = [str(value) for value in schema["cls"].written()]
        return described


class ReaderSchema(WriterSchema):
    """For what other systems read: newer releases may add fields and values, which a reader must survive."""

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """An open enumeration: the values known today as `x-extensible-enum`."""
        described = super().enum_schema(schema)
        if issubclass(schema["cls"], OpenEnum):
            described["x-extensible-enum"] = described.pop("enum")
        return described

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A record that may have more fields than are known today."""
        described = super().model_schema(schema)
        described.pop("additionalProperties", None)
        return described


def json_schema(model: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's data."""
    generator = WriterSchema if issubclass(model, InboundEvent) else ReaderSchema
    described = model.model_json_schema(mode="validation", schema_generator=generator)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": schema_uri(model.event_type),
        **described,
    }


def short_name(event_type: str) -> str:
    """`case.opened` for `ciclo.case.opened.v1`: the name of the event's folder of examples."""
    return event_type.removeprefix("ciclo.").rpartition(".")[0]


def examples_of(event_type: str) -> dict[str, str]:
    """The examples of an event type: JSON text by story. Only in a source checkout."""
    folder = SCHEMAS / "examples" / short_name(event_type) / event_type.rpartition(".")[2]
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.json"))}


def catalogue() -> str:
    """Every event in one page of Markdown: writer, readers, fields, an example."""
    topics = load_topics()
    parts = [_HEAD, *(f"| {_topic_row(topic)} |" for topic in topics.values()), ""]
    for topic in topics.values():
        parts += [f"## {topic.topic}", "", topic.description, ""]
        for event_type in topic.events:
            parts += _event(event_type, topic)
    return "\n".join(parts)


def published() -> dict[Path, str]:
    """Every generated file: its text by its path."""
    files = {
        SCHEMAS / "published" / f"{name}.schema.json": json.dumps(
            json_schema(model), indent=2, ensure_ascii=False
        )
        + "\n"
        for name, model in EVENTS.items()
    }
    files[SCHEMAS / "published" / "asyncapi.yaml"] = asyncapi()
    files[REPOSITORY / "docs" / "events" / "README.md"] = catalogue()
    return files


def main() -> None:
    """Write every generated file, and remove schemas of events that are no more."""
    files = published()
    for file in (SCHEMAS / "published").glob("*.schema.json"):
        if file not in files:
            file.unlink()
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {len(files)} files\n")


_HEAD = """# The events of Ciclo

Generated from `schemas/` by `python -m ciclo_schemas.publish`; do not edit. The envelope, and how to read and
write events, are in [schemas/README.md](../../schemas/README.md). The record key is the envelope's subject.
"external" are other systems. No event carries a name, an address or anybody's words.

| topic | owner | producers | consumers | subject and key | partitions | kept |
|---|---|---|---|---|---|---|"""


def _topic_row(topic: Topic) -> str:
    cells = (
        f"[{topic.topic}](#{topic.topic.replace('.', '')})",
        topic.owner,
        ", ".join(topic.producers),
        ", ".join(topic.consumers),
        topic.key,
        str(topic.partitions),
        f"{topic.retention_days} days",
    )
    return " | ".join(cells)


def _event(event_type: str, topic: Topic) -> list[str]:
    model = EVENTS[event_type]
    described = json_schema(model)
    required = described.get("required", [])
    rows = [
        f"| {name} | {_type_of(described['properties'][name], described)} "
        f"| {'yes' if name in required else ''} | {field.description} |"
        for name, field in model.model_fields.items()
    ]
    story, example = next(iter(examples_of(event_type).items()))
    return [
        f"### {short_name(event_type)}",
        "",
        f"`{event_type}` · written by {', '.join(topic.producers)} · read by {', '.join(topic.consumers)}",
        "",
        str(described["description"]),
        "",
        "| field | type | required | meaning |",
        "|---|---|---|---|",
        *rows,
        "",
        f"<details><summary>Example: {story.replace('_', ' ')}</summary>",
        "",
        f"```json\n{example.strip()}\n```",
        "",
        "</details>",
        "",
    ]


def _type_of(field: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """A field's type in words: `Window: unknown, trial, guarantee, out`."""
    choices = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    if choices:
        return _type_of(choices[0], root)
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        target = root["$defs"][name]
        values = target.get("x-extensible-enum") or target.get("enum")
        return f"{name}: {', '.join(values)}" if values else _record(name, target, root)
    if field.get("type") == "array":
        return f"list of {_type_of(field['items'], root)}"
    return str(field.get("format", field["type"]))


def _record(name: str, target: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    fields = (f"{key} ({_type_of(field, root)})" for key, field in target["properties"].items())
    return f"{name} {{ {'; '.join(fields)} }}"


if __name__ == "__main__":
    main()

"""The topics and their events as one AsyncAPI 3.0 document, for other teams. Needs the extra `topics`."""

from typing import Any

import yaml

from ciclo_schemas.envelope import CONTENT_TYPE
from ciclo_schemas.registry import EVENTS
from ciclo_schemas.topics import Topic, load_topics


def asyncapi() -> str:
    """The document, as YAML. Payloads are the JSON Schemas beside it."""
    topics = load_topics().values()
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ciclo",
            "version": "1",
            "description": "Event-driven after-sales customer service. Generated from schemas/; do not edit.",
        },
        "defaultContentType": CONTENT_TYPE.decode(),
        "channels": {topic.topic: _channel(topic) for topic in topics},
        "operations": {f"{_verb(topic)}.{topic.topic}": _operation(topic) for topic in topics},
        "components": {"messages": {name: _message(name) for topic in topics for name in topic.events}},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.topic,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.events},
        "bindings": {
            "kafka": {
                "topic": topic.topic,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _verb(topic: Topic) -> str:
    return "receive" if "external" in topic.producers else "send"


def _operation(topic: Topic) -> dict[str, Any]:
    """Seen from Ciclo, as AsyncAPI has it: what others write, Ciclo receives."""
    return {"action": _verb(topic), "channel": {"$ref": f"#/channels/{topic.topic}"}}


def _message(event_type: str) -> dict[str, Any]:
    described = str(EVENTS[event_type].__doc__).partition("\n")[0]
    return {
        "name": event_type,
        "summary": described,
        "contentType": CONTENT_TYPE.decode(),
        "payload": {"$ref": f"./{event_type}.schema.json"},
    }

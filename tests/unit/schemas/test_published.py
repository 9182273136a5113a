"""What other teams read is what the code says: run `python -m ciclo_schemas.publish` when this fails."""

import yaml
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from ciclo_schemas.inbound import LogisticsScanned
from ciclo_schemas.publish import SCHEMAS, json_schema, published
from ciclo_schemas.registry import EVENTS
from ciclo_schemas.warranty import CoverageAssessed


def test_the_committed_schemas_and_catalogue_are_current() -> None:
    files = published()
    stale = [
        str(path.relative_to(SCHEMAS.parent))
        for path in files
        if not path.is_file() or path.read_text(encoding="utf-8") != files[path]
    ]
    assert stale == []
    assert {path for path in files if path.parent.name == "published"} == set(
        (SCHEMAS / "published").iterdir()
    )


def test_readers_are_told_that_values_and_fields_may_be_added() -> None:
    schema = json_schema(CoverageAssessed)
    assert schema["$id"] == "urn:ciclo:schema:ciclo.coverage.assessed.v1"
    assert schema["$defs"]["Window"]["x-extensible-enum"] == ["unknown", "trial", "guarantee", "out"]
    assert "additionalProperties" not in schema


def test_writers_are_told_exactly_what_is_accepted() -> None:
    schema = json_schema(LogisticsScanned)
    assert schema["$defs"]["ScanKind"]["enum"] == ["shipped", "delivered", "received", "lost"]
    assert schema["additionalProperties"] is False


def test_the_asyncapi_document_is_valid_and_every_payload_lies_beside_it() -> None:
    folder = SCHEMAS / "published"
    document = yaml.safe_load((folder / "asyncapi.yaml").read_text(encoding="utf-8"))
    ApplicationSchema.model_validate(document)
    messages = document["components"]["messages"]
    assert set(messages) == set(EVENTS)
    assert all((folder / message["payload"]["$ref"]).is_file() for message in messages.values())

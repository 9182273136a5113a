"""What other teams read is what the code says: run `python -m ciclo_schemas.publish` when this fails."""

from ciclo_schemas.inbound import LogisticsScanned
from ciclo_schemas.publish import SCHEMAS, json_schema, published
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
    assert schema["$defs"]["ScanKind"]["enum"] == ["shipped", "delivered", "received"]
    assert schema["additionalProperties"] is False

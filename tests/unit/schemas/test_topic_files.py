"""The topic files: complete, and in step with the models."""

from pathlib import Path

import pytest

from ciclo_schemas.registry import EVENTS, types_of
from ciclo_schemas.topics import TopicsError, load_topics, main

GOOD = """
topic: ciclo.cases.v1
description: What customers said, by whatever door.
owner: intake
producers: [intake]
consumers: [routing]
key: the case
partitions: 12
retention_days: 30
personal_data: none
events: [ciclo.case.opened.v1]
"""


def test_every_event_is_listed_under_the_topic_it_is_published_on() -> None:
    assert {name: set(topic.events) for name, topic in load_topics().items()} == {
        topic: types_of(topic) for topic in {model.topic for model in EVENTS.values()}
    }


def test_ciclos_own_topics_have_one_writer_who_owns_them() -> None:
    for name, topic in load_topics().items():
        if not name.startswith(("ciclo.inbound.", "ciclo.rejections.")):
            assert topic.producers == (topic.owner,)
            assert topic.owner not in topic.consumers
            assert (topic.partitions, topic.retention_days) == (12, 30)


def test_what_other_systems_publish_is_read_by_its_owner_alone() -> None:
    for name, topic in load_topics().items():
        if name.startswith("ciclo.inbound."):
            assert (topic.producers, topic.consumers) == (("external",), (topic.owner,))
            assert topic.retention_days == (7 if topic.personal_data == "none" else 3)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("partitions: 12", "partitions: many"), "cases.yaml: partitions"),
        (("owner: intake\n", ""), "cases.yaml: owner: Field required"),
        (("personal_data: none", "personal_data: names"), "cases.yaml: personal_data"),
        (("personal_data: none", "personal_data: customers"), "cases.yaml: .*3 days at most"),
        (("key: the case", "key: the case\ncolour: red"), "cases.yaml: colour"),
        (("topic: ciclo.cases.v1", "topic: cases"), "cases.yaml: topic"),
        (("owner: intake", "owner: [intake"), "cases.yaml is not YAML"),
    ],
)
def test_a_faulty_file_is_named_with_its_field(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    (tmp_path / "cases.yaml").write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(TopicsError, match=says):
        load_topics(tmp_path)


def test_a_topic_with_two_files_and_a_folder_without_any_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TopicsError, match="no topic files"):
        load_topics(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(TopicsError, match=r"b.yaml: ciclo.cases.v1 has a file already"):
        load_topics(tmp_path)


def test_an_address_that_makes_no_sense_is_told_and_not_thrown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--kafka", "127.0.0.1:port"]) == 1
    assert "Kafka at 127.0.0.1:port" in capsys.readouterr().err

"""A house's own data is checked at start, with a message that names the file and the field."""

from pathlib import Path

import pytest
import yaml

from services.routing.domain.first_line import ClassifyByAgent
from services.routing.settings import HERE, BadData, read_charter, read_classifier, read_playbooks


def changed(folder: Path, name: str, change: dict[str, object]) -> Path:
    """A copy of a data file with other values at the top."""
    data = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    file = folder / Path(name).name
    file.write_text(yaml.safe_dump(data | change), encoding="utf-8")
    return file


def test_a_charter_that_names_somebody_unknown_is_refused(tmp_path: Path) -> None:
    people = {"staff": ["agent-01"], "supervisor": "agent-07"}
    queues = dict.fromkeys(("first_line", "education", "complaints"), people)
    with pytest.raises(
        BadData, match=r"charter.yaml: promises.first_answer.when_broken: agent-05 works in no queue"
    ):
        read_charter(changed(tmp_path, "charter.yaml", {"queues": queues}))


def test_a_charter_without_people_who_answer_complaints_is_refused(tmp_path: Path) -> None:
    people = {"staff": ["agent-01"], "supervisor": "agent-07"}
    queues = dict.fromkeys(("first_line", "education"), people)
    with pytest.raises(BadData, match=r"charter.yaml: queues: the queue complaints is missing"):
        read_charter(changed(tmp_path, "charter.yaml", {"queues": queues}))


def test_a_missing_promise_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"charter.yaml: promises.first_answer: Field required"):
        read_charter(changed(tmp_path, "charter.yaml", {"promises": {}}))


def test_two_playbooks_of_one_name_are_refused(tmp_path: Path) -> None:
    step = {"code": "look", "es": "Mire.", "en": "Look.", "pt": "Veja."}
    twice = [{"id": "care", "category": "care", "steps": [step]}] * 2
    with pytest.raises(BadData, match=r"playbooks.yaml: .*two playbooks have one id"):
        read_playbooks(changed(tmp_path, "playbooks.yaml", {"playbooks": twice}))


def test_a_phrase_that_cannot_be_found_is_refused(tmp_path: Path) -> None:
    rule = {"code": "odd", "category": "care", "weight": 1, "phrases": ["what? (ever)"]}
    changed(tmp_path, "keywords/en.yaml", {"rules": [rule]})
    with pytest.raises(BadData, match=r"en.yaml: rules.0.phrases.0: a phrase is words"):
        read_classifier(tmp_path)


def test_a_rule_means_the_same_in_every_language(tmp_path: Path) -> None:
    rule = {"code": "guarantee", "category": "care", "weight": 1, "phrases": ["warranty"]}
    changed(tmp_path, "keywords/es.yaml", {})
    changed(tmp_path, "keywords/en.yaml", {"rules": [rule]})
    with pytest.raises(BadData, match="rule guarantee differs"):
        read_classifier(tmp_path)


def test_a_folder_without_keywords_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="holds no keyword file"):
        read_classifier(tmp_path)


def test_what_is_not_yaml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "charter.yaml"
    file.write_text("a: [", encoding="utf-8")
    with pytest.raises(BadData, match=r"charter.yaml: cannot be read as YAML"):
        read_charter(file)


def test_an_agent_cannot_invent_a_category() -> None:
    with pytest.raises(ValueError, match="there is no such category"):
        ClassifyByAgent.model_validate({"agent": "agent-03", "category": "astrology"})


def test_every_playbook_step_is_told_in_every_language() -> None:
    books = read_playbooks(HERE / "playbooks.yaml")
    assert all(len({step.es, step.en, step.pt}) == 3 for book in books.playbooks for step in book.steps)


@pytest.mark.parametrize(
    ("wait", "terms", "problem"),
    [
        ("remedy", {"hours": 336, "reminders": [240, 72]}, "reminders: each reminder comes after"),
        (
            "remedy",
            {"hours": 72, "reminders": [72]},
            "remedy.reminders: a reminder comes before the 72 hours",
        ),
        ("information", {"hours": 72, "reminders": []}, "information.when_passed: Field required"),
        ("quote", {"hours": 0, "reminders": []}, "quote.hours: Input should be greater"),
    ],
)
def test_a_reminder_at_the_wrong_time_is_refused_with_its_place(
    tmp_path: Path, wait: str, terms: dict[str, object], problem: str
) -> None:
    waits = yaml.safe_load((HERE / "charter.yaml").read_text(encoding="utf-8"))["customer_waits"]
    with pytest.raises(BadData, match=f"charter.yaml: customer_waits.*{problem}"):
        read_charter(changed(tmp_path, "charter.yaml", {"customer_waits": waits | {wait: terms}}))


def test_a_promise_of_goods_says_when_it_is_at_risk(tmp_path: Path) -> None:
    promises = yaml.safe_load((HERE / "charter.yaml").read_text(encoding="utf-8"))["promises"]
    refund = {"when_broken": "agent-05"}
    with pytest.raises(BadData, match=r"charter.yaml: promises.refund.at_risk_hours: Field required"):
        read_charter(changed(tmp_path, "charter.yaml", {"promises": promises | {"refund": refund}}))

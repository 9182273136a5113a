"""The words of the customer's page: every language has them all, and every one of them is used."""

import re
from pathlib import Path

import pytest

from ciclo_schemas.values import Language, RemedyKind
from services.intake.domain.attachments import Kind
from services.intake.domain.promised import Fate
from services.intake.domain.situation import BROKEN, KEPT, OPEN
from services.intake.domain.waiting import WaitedFor
from services.intake.routes.page import case
from services.intake.routes.page.forms import CANCEL_REASONS, DENIAL_REASONS, SYMPTOMS
from services.intake.routes.page.phrases import FOLDER, PhrasesWrong, load_phrases
from services.intake.routes.page.render import Pages
from services.intake.routes.page.showing import FACTS

PHRASES = load_phrases()
MADE_UP = {
    "reason_": DENIAL_REASONS,
    "cancel_": CANCEL_REASONS,
    "symptom_": SYMPTOMS,
    "kind_": [kind.value for kind in Kind],
    "remedy_": [kind.value for kind in RemedyKind.written()],
    "promise_": (OPEN, KEPT, BROKEN),
    "score_": range(1, 6),
    "said_": case.NAMES,
    "buyer_": ("consumer", "business"),
    "problem_": (
        *("expired", "invalid", "foreign", "too_large", "unavailable", "not_found", "malformed"),
        *("story_expired", "story_invalid"),
    ),
    "waits_": WaitedFor,
    "fate_": Fate,
}
"""The phrases whose names are put together."""


def used() -> set[str]:
    names = set(FACTS)
    for prefix, ends in MADE_UP.items():
        names |= {f"{prefix}{end}" for end in ends}
    names |= {f"problem_{kind}_help" for kind in MADE_UP["problem_"]}
    names |= {f"error_{field}" for field in (*FACTS, "text", "reason", "remedy", "accepted", "score")}
    for template in FOLDER.glob("*.j2"):
        names |= set(re.findall(r'\bt\("(\w+)"', template.read_text()))
    for module in Path(case.__file__).parent.glob("*.py"):
        names |= set(re.findall(r'"((?:error|note)_\w+)"', module.read_text()))
    return names | {"language_name"}


def test_every_phrase_that_a_page_says_exists_and_none_is_idle() -> None:
    made_up = tuple(MADE_UP)
    said = {name for name in used() if name not in made_up}
    assert sorted(said ^ PHRASES[Language.EN].keys()) == []


def test_every_template_can_be_read() -> None:
    assert Pages.load().styles["page.css"]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("  send: ", "  sned: "), ("es", "send")),
        (("by {date} at", "by {day} at"), ("promise_open",)),
        (("\npt:\n", "\nfr:\n"), ("fr",)),
        (("en:\n", "en: [\n"), ("line",)),
    ],
)
def test_a_mistake_in_the_file_is_named_at_the_start(
    tmp_path: Path, change: tuple[str, str], names: tuple[str, ...]
) -> None:
    broken = tmp_path / "phrases.yaml"
    broken.write_text((FOLDER / "phrases.yaml").read_text().replace(*change, 1))
    with pytest.raises(PhrasesWrong) as wrong:
        load_phrases(broken)
    assert str(broken) in str(wrong.value)
    assert all(name in str(wrong.value) for name in names)

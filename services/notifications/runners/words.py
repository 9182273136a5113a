"""The words of each language for codes, owners and dates; read from YAML and checked at start."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ciclo_schemas.routing import PromiseKind
from ciclo_schemas.values import Party, PartyKind, RemedyKind
from services.chassis.settings import BadSettings
from services.chassis.yaml_text import read_yaml
from services.notifications.domain.message import Topic


class WordsMissing(BadSettings):
    """A file of words or a template is missing or incomplete; the message names it."""


CASE_PAGE = "case"
"""The action of a link that leads to no question."""
_NEEDED: dict[str, set[str]] = {
    "parties": set(PartyKind),
    "remedies": set(RemedyKind),
    "options": set(RemedyKind),
    "promised": set(PromiseKind),
    "actions": {*Topic, CASE_PAGE},
}


class Words(BaseModel):
    """The words of one language.

    `moment` and `day` are CLDR patterns, `moment_utc` is for customers whose time zone we do not know;
    `reasons` are whole sentences; `{id}` in `parties` is the owner's number; `actions` are the words of the
    link. What begins with `some_` is said instead of a code that has no words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    locale: str
    moment: str
    moment_utc: str
    day: str
    parties: dict[PartyKind, str]
    queues: dict[str, str]
    remedies: dict[RemedyKind, str]
    options: dict[RemedyKind, str]
    missing: dict[str, str]
    something_missing: str
    reasons: dict[str, str]
    some_reason: str
    some_trouble: str
    some_obstacle: str
    some_finding: str
    nothing_left: str
    promised: dict[PromiseKind, str]
    profiles: dict[str, str]
    some_profile: str
    work: dict[str, str]
    some_work: str
    hazards: dict[str, str]
    some_hazard: str
    advice: dict[str, str]
    some_advice: str
    actions: dict[str, str]

    @model_validator(mode="after")
    def _complete(self) -> "Words":
        for field, needed in _NEEDED.items():
            lacking = sorted(needed - set(getattr(self, field)))
            if lacking:
                raise ValueError(f"{field} lacks {', '.join(lacking)}")
        return self

    def owner(self, party: Party) -> str:
        """Who has the case, as customers are told: a team, a person's number, a service point."""
        if party.kind is PartyKind.QUEUE and party.id in self.queues:
            return self.queues[party.id]
        return self.parties[party.kind].format(id=party.id)

    def sentences(self, codes: tuple[str, ...]) -> list[str]:
        """The reasons as sentences, each once; a code that is new here says nothing rather than itself."""
        return list(dict.fromkeys(self.reasons[code] for code in codes if code in self.reasons))

    def why(self, codes: tuple[str, ...], otherwise: str) -> str:
        """The reasons in one paragraph, or a sentence that is true without them."""
        return " ".join(self.sentences(codes) or [otherwise])

    def heading(self, remedy: RemedyKind) -> str:
        """The name of a remedy at the beginning of a line."""
        return self.options[remedy].partition(":")[0]

    def done(self, codes: tuple[str, ...]) -> str:
        """What a workshop did or would do, in half a sentence."""
        known = [self.work[code] for code in codes if code in self.work]
        return ", ".join(known) if known and len(known) == len(codes) else self.some_work

    def asked(self, code: str) -> str:
        """What we miss, as customers are asked for it."""
        return self.missing.get(code, self.something_missing)


def load_words(path: Path) -> Words:
    """Raises WordsMissing naming the file and the field."""
    document = load_yaml(path)
    try:
        return Words.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise WordsMissing(f"{path}: {field}: {first['msg']}") from error


def load_yaml(path: Path) -> object:
    """Raises WordsMissing naming the file."""
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise WordsMissing(f"{path}: {error}") from error

"""What the first line tries, step by step: the playbooks (guiones), a house's own data."""

from collections.abc import Iterable

from pydantic import Field, model_validator

from ciclo_schemas.values import Category, Code, Identifier, Language
from services.routing.domain.data_files import HouseData


class Step(HouseData):
    """One thing to try, told in every language."""

    code: Code
    es: str = Field(min_length=1)
    en: str = Field(min_length=1)
    pt: str = Field(min_length=1)

    def text(self, language: Language) -> str:
        """The instruction in a language; English when there is none."""
        return {Language.ES: self.es, Language.PT: self.pt}.get(language, self.en)


class Playbook(HouseData):
    """What the first line tries, in order (guion). Chosen by category, then by the classifier's reasons."""

    id: Identifier
    category: Category
    reasons: tuple[Code, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)

    def next_step(self, tried: Iterable[str]) -> Step | None:
        """The first step not tried yet; None when the playbook is exhausted."""
        done = set(tried)
        return next((step for step in self.steps if step.code not in done), None)


class Playbooks(HouseData):
    """All playbooks."""

    playbooks: tuple[Playbook, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Playbooks":
        ids = [playbook.id for playbook in self.playbooks]
        if len(ids) != len(set(ids)):
            raise ValueError("playbooks: two playbooks have one id")
        return self

    def named(self, playbook: str | None) -> Playbook | None:
        """The playbook with this id."""
        return next((one for one in self.playbooks if one.id == playbook), None)

    def choose(self, category: Category, reasons: Iterable[str]) -> Playbook | None:
        """The playbook made for one of the reasons, else the category's general one, else none."""
        of_category = [playbook for playbook in self.playbooks if playbook.category is category]
        given = set(reasons)
        for playbook in of_category:
            if given & set(playbook.reasons):
                return playbook
        return next((playbook for playbook in of_category if not playbook.reasons), None)

    def knows(self, step: str) -> bool:
        """Whether any playbook has this step."""
        return any(step == known.code for playbook in self.playbooks for known in playbook.steps)

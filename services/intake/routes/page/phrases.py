"""What pages say, in every language: `templates/phrases.yaml`, checked at the start."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from ciclo_schemas.values import Language
from services.chassis.yaml_text import read_yaml
from services.intake.domain.sentences import placeholders

FOLDER = Path(__file__).parents[2] / "templates"
LANGUAGES = Language.written()

Phrases = Mapping[str, str]
_phrases = TypeAdapter(dict[str, dict[str, str]])


class PhrasesWrong(Exception):
    """The file of phrases cannot be used; the message names the file, the language and the phrase."""


def load_phrases(path: Path = FOLDER / "phrases.yaml") -> dict[Language, Phrases]:
    """Every phrase in every language, with the same places to fill in. Raises PhrasesWrong."""
    try:
        phrases = _phrases.validate_python(read_yaml(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise PhrasesWrong(f"{path}: {error}") from error
    if set(phrases) != set(LANGUAGES):
        raise PhrasesWrong(f"{path}: expected the languages {', '.join(LANGUAGES)}, not {', '.join(phrases)}")
    english = phrases[Language.EN]
    for language, said in phrases.items():
        if differing := sorted(english.keys() ^ said.keys()):
            raise PhrasesWrong(f"{path}: {language} or en lacks {', '.join(differing)}")
        for name, text in said.items():
            if placeholders(text) != placeholders(english[name]):
                raise PhrasesWrong(f"{path}: {language}: {name} has other places to fill in than in English")
    return {Language(language): said for language, said in phrases.items()}

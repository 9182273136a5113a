"""Pages as browsers get them: templates in the reader's language, and headers that let nothing else in."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from ciclo_schemas.values import Language
from services.intake.routes.page.phrases import FOLDER, LANGUAGES, Phrases, load_phrases

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
STYLES = ("page.css", "story.css")


@dataclass(frozen=True, slots=True)
class Pages:
    """Every page, checked at the start."""

    environment: Environment
    phrases: Mapping[Language, Phrases]
    styles: Mapping[str, bytes]
    icon: bytes

    @staticmethod
    def load() -> "Pages":
        """Read templates and phrases. Raises PhrasesWrong, jinja2.TemplateError."""
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in environment.list_templates(extensions=["j2"]):
            environment.get_template(name)
        styles = {name: (FOLDER / name).read_bytes() for name in STYLES}
        environment.globals["styles"] = {
            name: f"/{name}?v={sha256(style).hexdigest()[:12]}" for name, style in styles.items()
        }
        return Pages(environment, load_phrases(), styles, (FOLDER / "icon.svg").read_bytes())

    def page(
        self, name: str, language: Language, values: Mapping[str, Any], *, status: int = 200
    ) -> Response:
        """The page of a template. `here`, among the values, is its address without a language."""
        phrases = self.phrases[language]

        def say(phrase: str, **filled: Any) -> str:
            return phrases[phrase].format_map(filled)

        languages = [(one.value, self.phrases[one]["language_name"]) for one in LANGUAGES]
        html = self.environment.get_template(f"{name}.html.j2").render(
            {"t": say, "language": language.value, "languages": languages, **values}
        )
        return Response(html, status, media_type="text/html", headers=HEADERS)

    def problem(self, kind: str, status: int, request: Request) -> Response:
        """A page that says what went wrong and what to do: the phrases `problem_<kind>` and `..._help`."""
        values = {"kind": kind, "here": request.url.path if request.method == "GET" else "/"}
        return self.page("problem", reader_language(request), values, status=status)


def reader_language(request: Request) -> Language:
    """The language chosen on the page, else the first of the browser's that is one of ours, else English."""
    chosen = chosen_language(request)
    if chosen is not None:
        return chosen
    for accepted in request.headers.get("Accept-Language", "").split(","):
        wanted = accepted.strip()[:2].lower()
        if wanted in LANGUAGES:
            return Language(wanted)
    return Language.EN


def chosen_language(request: Request) -> Language | None:
    """The language that the reader chose on the page."""
    chosen = request.query_params.get("lang")
    return Language(chosen) if chosen in LANGUAGES else None

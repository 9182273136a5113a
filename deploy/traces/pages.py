"""The pages: the last cases and traces, one trace as a waterfall, one case with all its legs."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from deploy.traces import words
from deploy.traces.axis import Axis
from deploy.traces.graph import Leg, legs, links_between
from deploy.traces.spans import Span
from deploy.traces.store import Store

SHOWN = 100
"""How many cases, and how many traces, the first page lists."""
COLOURS = {"intake": "#0b6e99", "routing": "#8a5a00", "warranty": "#1c6b3c", "notifications": "#8e2f8e"}
OTHER_COLOUR = "#4d565f"


@dataclass(frozen=True)
class Summary:
    """One line of the first page."""

    id: str
    name: str
    legs: list[Leg]

    @property
    def spans(self) -> list[Span]:
        """All of them."""
        return [span for leg in self.legs for span in leg.spans]

    @property
    def services(self) -> list[str]:
        """Who took part."""
        return list(dict.fromkeys(service for leg in self.legs for service in leg.services))

    @property
    def errors(self) -> int:
        """How many of them failed."""
        return sum(span.status == "ERROR" for span in self.spans)

    @property
    def start_ns(self) -> int:
        """When the first leg began."""
        return self.legs[0].start_ns

    @property
    def end_ns(self) -> int:
        """When the last span ended."""
        return max(leg.end_ns for leg in self.legs)


def _environment() -> Environment:
    templates = Environment(
        loader=PackageLoader("deploy.traces"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters |= {
        "duration": words.duration,
        "events": words.events,
        "moment": words.moment,
        "percent": lambda share: f"{share:.3%}",
        "colour": lambda service: COLOURS.get(service, OTHER_COLOUR),
    }
    templates.globals["style"] = Markup(files("deploy.traces").joinpath("templates/page.css").read_text())  # noqa: S704
    return templates


_templates = _environment()


def first_page(store: Store) -> str:
    """The last cases, and the last traces that belong to none."""
    cases = [
        Summary(case_id, case_id, _legs_of(case_id, store.case(case_id)))
        for case_id in reversed(store.cases()[-SHOWN:])
    ]
    others: list[Summary] = []
    for trace_id in reversed(store.traces()):
        spans = store.trace(trace_id)
        if len(others) < SHOWN and all(span.case_id is None for span in spans):
            (leg,) = legs(spans)
            others.append(Summary(trace_id, leg.first.name, [leg]))
    return _render("first.html.j2", cases=cases, others=others, store=store)


def trace_page(store: Store, trace_id: str) -> str | None:
    """One trace; None if there is none."""
    spans = store.trace(trace_id)
    if not spans:
        return None
    (leg,) = legs(spans)
    cases = sorted({span.case_id for span in spans if span.case_id})
    return _render("trace.html.j2", leg=leg, axis=_axis([leg]), cases=cases, here={trace_id})


def case_page(store: Store, case_id: str) -> str | None:
    """One case with all its legs, the waits and the links between them; None if there is none."""
    spans = store.case(case_id)
    if not spans:
        return None
    own = _legs_of(case_id, spans)
    traces = {leg.trace_id for leg in own}
    return _render(
        "case.html.j2",
        case=Summary(case_id, case_id, own),
        shared=[span for span in spans if span.trace_id not in traces],
        axis=_axis(own),
        axes={leg.trace_id: _axis([leg]) for leg in own},
        links=sorted(links_between(own), key=lambda link: (link[0].number, link[1].number)),
        here=traces,
    )


def nothing_page(name: str) -> str:
    """What is shown instead of what is not there."""
    return _render("nothing.html.j2", name=name)


def _legs_of(case_id: str, spans: Sequence[Span]) -> list[Leg]:
    own = {span.trace_id for span in spans if span.case_id == case_id}
    return legs(span for span in spans if span.trace_id in own)


def _axis(every: Sequence[Leg]) -> Axis:
    return Axis((span.start_ns, span.end_ns) for leg in every for span in leg.spans)


def _render(template: str, **known: Any) -> str:
    return _templates.get_template(template).render(**known)

"""What routing counts: where cases stand and for whom they wait, promises, hand-offs, ends."""

from collections.abc import Sequence
from typing import Final

from ciclo_schemas.routing import (
    CaseCancelled,
    CaseClassified,
    CaseClosed,
    CaseHandedOff,
    CaseRejected,
    CaseReopened,
    CaseUnknownDeclared,
    ClosedAs,
    ComplaintRegistered,
    PromiseBroken,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    PromiseRevised,
)
from ciclo_schemas.values import Category, DecidedBy, PartyKind, WaitName
from services.chassis.definition import Connection, Measures
from services.chassis.meters import Across, Label, Shown, counter, gauge
from services.routing.domain.stages import ENDS, Stage

SOON: Final = "30 minutes"
"""A promise that falls due so soon, and that nobody has taken, will break unless somebody acts now."""

_KIND = Label("kind", tuple(kind.value for kind in PromiseKind.written()))
_STAGE = Label("stage", tuple(stage.value for stage in Stage if stage not in ENDS))
_WAITING = Label("waiting_for", (*(name.value for name in WaitName.written()), "warranty"))
_NTH = Label("nth", ("1", "2", "3", "more"))

MADE = counter("ciclo_promises_made", "Promises made to customers (promesas)", _KIND, unit="promises")
KEPT = counter("ciclo_promises_kept", "Promises kept in time", _KIND, unit="promises")
BROKEN = counter("ciclo_promises_broken", "Promises not kept in time", _KIND, unit="promises")
REVISED = counter(
    "ciclo_promises_revised",
    "Promises that got another date before the old one passed",
    _KIND,
    unit="promises",
)
HANDED_OFF = counter(
    "ciclo_handoffs",
    "Hand-offs of cases from one party to another (traspasos), by who has them now and how often it was",
    *(Label("to", tuple(kind.value for kind in PartyKind.written())), _NTH),
    unit="hand-offs",
)
CLASSIFIED = counter(
    "ciclo_cases_classified",
    "Classifications of cases; abstained: a person must look",
    Label("category", tuple(category.value for category in Category.written())),
    Label("by", tuple(by.value for by in DecidedBy.written())),
    Label("abstained", ("true", "false")),
    unit="classifications",
)
UNKNOWN = counter(
    "ciclo_unknowns_declared", 'Times that a case said "we do not know yet" to the customer', unit="times"
)
COMPLAINTS = counter("ciclo_complaints_registered", "Complaints about us (quejas)", unit="complaints")
ENDED = counter(
    "ciclo_cases_ended",
    "Cases that ended: confirmed is the customer's own word, unconfirmed his silence",
    Label("end", ("confirmed", "unconfirmed", "cancelled", "rejected")),
    unit="cases",
)
REOPENED = counter(
    "ciclo_cases_reopened", "Cases that the customer spoke of again after their end", unit="cases"
)

OPEN = gauge(
    "ciclo_cases_open",
    "Open cases by where they stand (etapa) and for whom they wait (espera)",
    *(_STAGE, _WAITING),
    unit="cases",
    across=Across.MAX,
)
LATE = gauge(
    "ciclo_cases_overdue",
    "Those whose next date has passed",
    *(_STAGE, _WAITING),
    unit="cases",
    across=Across.MAX,
)
NEXT_DUE = gauge(
    "ciclo_promises_next_due_seconds",
    "Until the next live promise falls due; negative: it has; NaN: there is none, or it is not known",
    unit="seconds",
    across=Across.MAX,
)
IMMINENT = gauge(
    "ciclo_promises_imminent",
    f"Live promises that fall due within {SOON} or have, by whether a person has taken them",
    Label("taken", ("true", "false")),
    unit="promises",
    across=Across.MAX,
)

_CASES: Final = """
SELECT stage, waiting_for, count(*) AS number, count(*) FILTER (WHERE next_due < clock.now) AS late
FROM (SELECT ciclo_now() AS now) AS clock, cases WHERE is_open GROUP BY stage, waiting_for
"""
_PROMISES: Final = f"""
SELECT extract(epoch FROM (SELECT min(due) FROM promises WHERE status = 'live') - clock.now)::float8 AS next,
    soon.taken, soon.number
FROM (SELECT ciclo_now() AS now) AS clock
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE owner_kind = 'agent') AS "true",
        count(*) FILTER (WHERE owner_kind <> 'agent') AS "false"
    FROM promises WHERE status = 'live' AND due < clock.now + interval '{SOON}'
) AS counted
CROSS JOIN LATERAL (VALUES ('true', counted."true"), ('false', counted."false")) AS soon (taken, number)
"""  # noqa: S608 - no input


async def look(connection: Connection) -> Sequence[Shown]:
    """How many cases stand where, and the next promises; from the open cases and live promises alone."""
    shown = []
    for row in await connection.fetch(_CASES):
        at = (row["stage"], row["waiting_for"])
        shown += [Shown(OPEN, at, row["number"]), Shown(LATE, at, row["late"])]
    for row in await connection.fetch(_PROMISES):
        shown.append(Shown(IMMINENT, (row["taken"],), row["number"]))
        if row["next"] is not None and row["taken"] == "true":
            shown.append(Shown(NEXT_DUE, (), row["next"]))
    return shown


def _handed_off(event: CaseHandedOff) -> None:
    nth = str(event.handoff_no)
    HANDED_OFF.at(event.to.kind.value, nth if nth in _NTH.values else "more").inc()


def _classified(event: CaseClassified) -> None:
    CLASSIFIED.at(event.category.value, event.classified_by.value, str(event.abstained).lower()).inc()


def _closed(event: CaseClosed) -> None:
    ENDED.at("confirmed" if event.closed_as is ClosedAs.CONFIRMED else "unconfirmed").inc()


MEASURES: Final = Measures(
    counts={
        PromiseMade: lambda event: MADE.at(event.kind.value).inc(),
        PromiseKept: lambda event: KEPT.at(event.kind.value).inc(),
        PromiseBroken: lambda event: BROKEN.at(event.kind.value).inc(),
        PromiseRevised: lambda event: REVISED.at(event.kind.value).inc(),
        CaseHandedOff: _handed_off,
        CaseClassified: _classified,
        CaseUnknownDeclared: lambda _: UNKNOWN.at().inc(),
        ComplaintRegistered: lambda _: COMPLAINTS.at().inc(),
        CaseClosed: _closed,
        CaseCancelled: lambda _: ENDED.at("cancelled").inc(),
        CaseRejected: lambda _: ENDED.at("rejected").inc(),
        CaseReopened: lambda _: REOPENED.at().inc(),
    },
    gauges=(OPEN, LATE, NEXT_DUE, IMMINENT),
    look=look,
)

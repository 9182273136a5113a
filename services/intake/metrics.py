"""What intake counts: cases by the door they came in, and how customers rate the end."""

from typing import Final

from ciclo_schemas.cases import CaseOpened, CaseSurveyAnswered
from ciclo_schemas.values import Channel
from services.chassis.definition import Measures
from services.chassis.meters import Label, counter

OPENED = counter(
    "ciclo_cases_opened",
    "Cases that customers opened, by the door they came in",
    Label("channel", tuple(channel.value for channel in Channel.written())),
    unit="cases",
)
RATED = counter(
    "ciclo_surveys_answered",
    "Answers of customers after the end of a case, from 1 (bad) to 5 (good)",
    Label("score", ("1", "2", "3", "4", "5")),
    unit="answers",
)

MEASURES: Final = Measures(
    counts={
        CaseOpened: lambda event: OPENED.at(event.channel.value).inc(),
        CaseSurveyAnswered: lambda event: RATED.at(str(event.score)).inc(),
    }
)

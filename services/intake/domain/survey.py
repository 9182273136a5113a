"""How the customer rates the service after the end (encuesta)."""

from typing import Annotated

from pydantic import Field

from ciclo_schemas.cases import CaseSurveyAnswered
from ciclo_schemas.values import Channel
from services.chassis.decider import Decision, Given, Message
from services.intake.domain.case import CaseState, Heard, unknown_case


class AnswerSurvey(Message):
    """The customer's score, from 1 (bad) to 5 (good)."""

    score: Annotated[int, Field(ge=1, le=5)]
    channel: Channel = Channel.WEB


def answer_survey(state: CaseState | None, answer: AnswerSurvey, given: Given) -> Decision[CaseState]:
    """Publish case.survey_answered; the same score again changes nothing, another one corrects it."""
    if state is None:
        return unknown_case()
    reply = Heard(case_id=given.subject)
    if state.score == answer.score:
        return Decision(state, reply=reply)
    answered = CaseSurveyAnswered(channel=answer.channel, reported_at=given.now, score=answer.score)
    return Decision(state.model_copy(update={"score": answer.score}), events=(answered,), reply=reply)

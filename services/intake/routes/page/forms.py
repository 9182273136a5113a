"""The forms of the customer's page: what each may hold, and the command it becomes."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError
from starlette.datastructures import FormData

from ciclo_schemas.values import Day, Identifier, Number, RemedyKind
from services.chassis.decider import Message
from services.intake.domain.answers import ChooseRemedy, Confirm, Deny
from services.intake.domain.quotes import AnswerQuote
from services.intake.domain.survey import AnswerSurvey
from services.intake.domain.texts import Text
from services.intake.domain.words import Inform, RaiseObjection, RequestCancellation, RequestHuman
from services.intake.routes.bodies import Body, FactsGiven, RemedyGiven
from services.intake.routes.words import minted

DenialReason = Literal["still_broken", "another_problem", "not_received", "not_agreed", "other"]
CancelReason = Literal["solved_itself", "changed_mind", "bought_another", "too_slow", "other"]
Symptom = Literal[
    "no_power",
    "no_heat",
    "no_cold",
    "no_picture",
    "no_sound",
    "no_spin",
    "no_suction",
    "leaks",
    "noise",
    "battery_does_not_charge",
    "burning_smell",
    "broken_part",
    "other",
]
DENIAL_REASONS: tuple[str, ...] = get_args(DenialReason)
CANCEL_REASONS: tuple[str, ...] = get_args(CancelReason)
SYMPTOMS: tuple[str, ...] = get_args(Symptom)
_TOKEN_LENGTH = 64


def _past(day: date, info: ValidationInfo) -> date:
    """Not later than tomorrow: where the customer is, it may be tomorrow already."""
    today: date = (info.context or {})["today"]
    if day > today + timedelta(days=1):
        raise PydanticCustomError("future", "the day is in the future")
    return day


PastDay = Annotated[Day, AfterValidator(_past)]


class Form(Body):
    """A form as the customer sent it; `command` is what he says with it."""

    def command(self) -> Message:
        """What the case hears."""
        raise NotImplementedError


class Solved(Form):
    """It is solved."""

    proposal_no: Number

    def command(self) -> Message:
        """A confirmation."""
        return Confirm(proposal_no=self.proposal_no)


class Denial(Form):
    """It is not solved."""

    proposal_no: Number
    reason: DenialReason
    text: Text | None = Field(None, repr=False)

    def command(self) -> Message:
        """A denial with its reason."""
        return Deny(proposal_no=self.proposal_no, reason=self.reason, words=minted(self.text))


class Remedy(Form):
    """The remedy that the customer chooses."""

    assessment_no: Number
    remedy: RemedyGiven

    def command(self) -> Message:
        """A choice among the remedies of one assessment."""
        return ChooseRemedy(remedy=RemedyKind(self.remedy), assessment_no=self.assessment_no)


class Quote(Form):
    """The answer to a quote."""

    quote_no: Identifier
    revision: Number
    accepted: Literal["yes", "no"]

    def command(self) -> Message:
        """The quote accepted or refused."""
        return AnswerQuote(quote_no=self.quote_no, revision=self.revision, accepted=self.accepted == "yes")


class Information(FactsGiven, Form):
    """Facts and words that the customer adds; at least one of them."""

    purchased_on: PastDay | None = None
    delivered_on: PastDay | None = None
    symptom_code: Symptom | None = None
    text: Text | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise PydanticCustomError("nothing", "at least one field is needed")
        return self

    def command(self) -> Message:
        """The facts as events carry them, and the words."""
        facts = FactsGiven.model_validate(self.model_dump(exclude={"text"})).facts()
        return Inform(facts=facts, words=minted(self.text))


class Person(Form):
    """The wish for a person."""

    text: Text | None = Field(None, repr=False)

    def command(self) -> Message:
        """The wish."""
        return RequestHuman(words=minted(self.text))


class Cancellation(Form):
    """The wish to withdraw the case, once confirmed."""

    reason: CancelReason | None = None
    text: Text | None = Field(None, repr=False)

    def command(self) -> Message:
        """The wish and why."""
        return RequestCancellation(reason=self.reason, words=minted(self.text))


class Objection(Form):
    """What the customer does not agree with."""

    text: Text = Field(repr=False)

    def command(self) -> Message:
        """The objection."""
        return RaiseObjection(words=minted(self.text))


class Survey(Form):
    """The customer's rating."""

    score: Annotated[int, Field(ge=1, le=5)]

    def command(self) -> Message:
        """The rating."""
        return AnswerSurvey(score=self.score)


FORMS: Mapping[str, type[Form]] = {
    "solved": Solved,
    "denial": Denial,
    "remedy": Remedy,
    "quote": Quote,
    "information": Information,
    "person": Person,
    "cancellation": Cancellation,
    "objection": Objection,
    "survey": Survey,
}
"""Every form by the last part of the address that it is sent to; files go another way."""

_once = TypeAdapter(Annotated[str, Field(pattern=rf"^[0-9a-f]{{1,{_TOKEN_LENGTH}}}$")])


class FormWrong(Exception):
    """A form that cannot be taken: the phrase of the error by field; `form` stands for the whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


def typed(form: FormData) -> dict[str, str]:
    """What was typed, without files; empty fields are as good as absent. Line ends as we keep them."""
    return {
        name: value.replace("\r\n", "\n")
        for name, value in form.items()
        if isinstance(value, str) and value.strip() and name != "once"
    }


def once(form: FormData) -> str:
    """The token that makes a form count once. Raises FormWrong."""
    try:
        return _once.validate_python(form.get("once"))
    except ValidationError:
        raise FormWrong({"form": "error_form"}) from None


def read(model: type[Form], values: Mapping[str, Any], today: date) -> Form:
    """The form, checked. Raises FormWrong with the phrase for each field at fault."""
    try:
        return model.model_validate(dict(values), context={"today": today})
    except ValidationError as error:
        raise FormWrong(dict(map(_fault, error.errors()))) from None


_FIELDS = {
    *("product_unit", "purchase_ref", "purchased_on", "delivered_on", "buyer", "area", "symptom_code"),
    *("text", "reason", "remedy", "accepted", "score"),
}


def _fault(error: Mapping[str, Any]) -> tuple[str, str]:
    """The field at fault and the phrase that says what is expected there."""
    field = str(error["loc"][0]) if error["loc"] else ""
    match error["type"], field:
        case "nothing", _:
            return "form", "error_nothing"
        case "future", _:
            return field, "error_future"
        case "missing", "text":
            return field, "error_text_missing"
    return (field, f"error_{field}") if field in _FIELDS else ("form", "error_form")

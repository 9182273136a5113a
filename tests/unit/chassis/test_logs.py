import logging
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from services.chassis.ids import new_id
from tests.support.logged import logged

log = structlog.get_logger()


class Contact(BaseModel):
    age: int


@dataclass
class Customer:
    full: str = "Ana García"


def test_a_log_line_says_when_how_grave_who_and_about_which_case() -> None:
    case_id = new_id()
    with logged("warranty") as lines:
        structlog.contextvars.bind_contextvars(case_id=case_id, trace_id="ab" * 16)
        log.info("remedy approved", remedy_no=2, took=timedelta(seconds=3))
    (line,) = lines.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "service": "warranty",
        "level": "info",
        "event": "remedy approved",
        "case_id": str(case_id),
        "trace_id": "ab" * 16,
        "remedy_no": 2,
        "took": "0:00:03",
    }


def test_a_line_is_found_by_its_trace_its_case_and_its_event_and_always_begins_alike() -> None:
    case_id, event_id = new_id(), new_id()
    with logged("warranty") as lines:
        structlog.contextvars.bind_contextvars(event_id=str(event_id), trace_id="ab" * 16, span_id="cd" * 8)
        log.warning("late", remedy_no=2, case_id=case_id)
        logging.getLogger("aiokafka.consumer").warning("slow")
    begins = ["timestamp", "level", "service", "event", "trace_id", "span_id", "case_id", "event_id"]
    assert [list(line) for line in lines.lines] == [
        [*begins, "remedy_no"],
        [*begins[:4], "logger", "trace_id", "span_id", "event_id"],
    ]


@pytest.mark.parametrize("key", ["trace_id", "span_id", "case_id", "event_id"])
def test_nothing_but_an_id_stands_where_an_id_belongs(key: str) -> None:
    with logged() as lines:
        log.info("x", **{key: "Ana García, ES91 2100 0418"})
    assert lines.lines[0][key] == "[hidden]"


@pytest.mark.parametrize(
    "key",
    ["name", "email", "Authorization", "tracking_key", "service_token", "customer_email", "text", "dsn"],
)
def test_personal_and_secret_fields_are_hidden_wherever_they_are_nested(key: str) -> None:
    with logged() as lines:
        log.info("x", **{key: "García"}, deep=[{"inner": {key: "García"}}])
    assert "García" not in lines.text
    assert lines.lines[0]["deep"] == [{"inner": {key: "[hidden]"}}]


def test_objects_show_only_their_type_and_addresses_lose_their_credentials() -> None:
    with logged() as lines:
        log.info("x", customer=Customer(), where="postgresql://ciclo:s3cret@db:5432/intake")
    assert lines.lines[0]["customer"] == "<Customer>"
    assert lines.lines[0]["where"] == "postgresql://***@db:5432/intake"


def _unique_violation() -> Exception:
    fields = {"S": "ERROR", "C": "23505", "M": "duplicate key breaks unique index", "D": "Key (x)=(García)"}
    return asyncpg.PostgresError.new(fields)


def _invalid_data() -> Exception:
    return asyncpg.PostgresError.new({"S": "ERROR", "C": "22P02", "M": 'invalid input for uuid: "García"'})


def _invalid_model() -> Exception:
    try:
        Contact.model_validate({"age": "García"})
    except ValidationError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [_unique_violation(), _invalid_data(), _invalid_model(), ValueError("García"), KeyError("García")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_shows_its_type_and_place_and_never_the_words_it_quotes(error: Exception) -> None:
    with logged() as lines:
        try:
            try:
                raise error  # noqa: TRY301
            except Exception as inner:
                raise RuntimeError("batch failed") from inner
        except RuntimeError:
            log.exception("failed")
    shown = lines.lines[0]["exception"]
    assert "builtins.RuntimeError: batch failed" in shown
    assert type(error).__name__ in shown
    assert "test_logs.py" in shown
    assert "García" not in lines.text


def test_a_broken_constraint_is_named_without_the_row() -> None:
    with logged() as lines:
        log.error("failed", exc_info=_unique_violation())
    assert "[23505] duplicate key breaks unique index" in lines.lines[0]["exception"]


def test_every_failure_of_a_group_is_shown() -> None:
    with logged() as lines:
        log.error("failed", exc_info=ExceptionGroup("both", [OSError("first"), TimeoutError("second")]))
    assert "OSError: first" in lines.lines[0]["exception"]
    assert "TimeoutError: second" in lines.lines[0]["exception"]


def test_libraries_are_heard_from_warning_on_and_in_the_same_form() -> None:
    with logged("intake") as lines:
        logging.getLogger("aiokafka.consumer").info("chatter")
        logging.getLogger("uvicorn.error").info("chatter")
        try:
            raise ValueError("García")  # noqa: TRY301
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    (line,) = lines.lines
    assert (line["logger"], line["level"], line["service"]) == ("uvicorn.error", "error", "intake")
    assert line["event"] == "Exception in ASGI application"
    assert "ValueError" in line["exception"]
    assert "García" not in lines.text


def test_the_level_decides_what_is_logged() -> None:
    with logged(level="WARNING") as lines:
        log.info("quiet")
        log.warning("loud")
    assert [line["event"] for line in lines.lines] == ["loud"]


def test_a_library_that_repeats_itself_is_heard_once() -> None:
    with logged() as lines:
        for _ in range(100):
            logging.getLogger("aiokafka.cluster").error("Topic %s not found", "a")
        logging.getLogger("aiokafka.cluster").error("Topic %s not found", "b")
    assert [line["event"] for line in lines.lines] == ["Topic a not found", "Topic b not found"]

"""The topic files say exactly what the services' code subscribes to and publishes."""

import pytest

from ciclo_schemas.inbound import InboundEvent, InputRejected
from ciclo_schemas.registry import EVENTS, Event
from ciclo_schemas.topics import load_topics
from tests.contract.services import MODELS, ROOT, SERVICES, definition, made_in

TOPICS = load_topics()
PASSED_ON = "services/routing/domain/mirrored.py"
"""Between two linked cases a customer's word is passed on as the message it came in; it is not published."""

each_service = pytest.mark.parametrize("service", SERVICES)


@each_service
def test_a_service_reads_the_topics_that_name_it_as_a_consumer(service: str) -> None:
    declared = definition(service)
    read = {*declared.reads, *(model.topic for model in declared.inbound)}
    assert read == {name for name, topic in TOPICS.items() if service in topic.consumers}
    assert declared.name == service


@each_service
def test_a_service_decides_on_nothing_that_it_does_not_read(service: str) -> None:
    declared = definition(service)
    heard = {model for decider in declared.deciders for model in decider.on if issubclass(model, Event)}
    own = {
        model
        for model in heard
        if TOPICS[model.topic].owner == service and not issubclass(model, InboundEvent)
    }
    assert own == set()
    unread = {model.event_type for model in heard if service not in TOPICS[model.topic].consumers}
    assert unread == set()


@each_service
def test_an_inbound_record_that_a_service_hears_has_a_rule_for_its_aggregate(service: str) -> None:
    declared = definition(service)
    heard = {
        model for decider in declared.deciders for model in decider.on if issubclass(model, InboundEvent)
    }
    assert heard == set(declared.inbound)


@each_service
def test_a_service_publishes_all_events_of_its_topics_and_no_other(service: str) -> None:
    made = [(model, where) for model, where in made_in(service) if not where.startswith(PASSED_ON)]
    foreign = [where for model, where in made if TOPICS[model.topic].producers != (service,)]
    assert foreign == []
    published = {model.event_type for model, _ in made}
    assert published == {
        event
        for topic in TOPICS.values()
        for event in topic.events
        if topic.producers == (service,) and event != InputRejected.event_type
    }


def test_those_who_read_inbound_topics_answer_on_the_rejections_topic() -> None:
    refusing = {service for service in SERVICES if definition(service).inbound}
    assert refusing == set(TOPICS[InputRejected.topic].producers)
    assert {model for model, _ in made_in("chassis")} == {InputRejected}


def test_topic_files_name_every_service_and_nobody_else() -> None:
    named = {name for topic in TOPICS.values() for name in (topic.owner, *topic.producers, *topic.consumers)}
    folders = {folder.parent.name for folder in (ROOT / "services").glob("*/pyproject.toml")}
    assert named - {"external"} == set(SERVICES) == folders - {"chassis"}


def test_no_two_event_models_share_a_name_so_that_the_search_above_is_sound() -> None:
    assert len(MODELS) == len(EVENTS)

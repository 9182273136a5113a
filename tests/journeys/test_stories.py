"""The demo's stories on four real processes, judged by what is left in Kafka, databases, mailbox and logs."""

import pytest

from demo.processes import NAMES
from demo.stories import STORIES
from tests.journeys.conftest import Played

pytestmark = pytest.mark.timeout(240)

SERIES = 2_000
"""More than any service shows after thirty cases, each of another kind."""


def test_every_case_ends_where_its_story_says(played: Played) -> None:
    assert [ending.story for ending in played.evidence.endings] == list(STORIES)
    assert played.evidence.not_ended() == []


def test_a_reader_of_another_make_finds_nothing_wrong_with_any_record(played: Played) -> None:
    assert {event.source for event in played.evidence.wire.events} == set(NAMES)
    assert played.evidence.on_the_wire() == []


def test_nothing_comes_twice_when_nothing_fails(played: Played) -> None:
    assert len(played.evidence.wire.deliveries) == len(played.evidence.wire.events)
    assert len({letter.message_id for letter in played.evidence.letters}) == len(played.evidence.letters)


def test_every_case_is_owed_something_or_waits_for_somebody_until_it_is_confirmed(played: Played) -> None:
    assert played.evidence.broken_rules() == []


def test_each_customer_gets_the_letters_of_his_case_and_nobody_elses(played: Played) -> None:
    assert played.evidence.wrong_letters() == []


def test_no_service_has_anything_left_to_do_or_has_missed_anything(played: Played) -> None:
    assert played.evidence.unfinished() == []


def test_no_name_address_or_word_of_a_customer_leaves_the_vault(played: Played) -> None:
    assert len(played.evidence.texts) >= len(STORIES)
    assert played.evidence.leaks() == []


def test_each_case_is_told_as_one_connected_graph_of_spans(played: Played) -> None:
    assert played.evidence.badly_told() == []


def test_services_that_are_asked_to_end_leave_nothing_unfinished(played: Played) -> None:
    assert played.exit_codes == dict.fromkeys(NAMES, 0)


def test_what_a_scraper_gets_stays_small_whatever_happened(played: Played) -> None:
    shown = {
        service: sum(not line.startswith("#") for line in text.splitlines())
        for service, text in played.evidence.metrics.items()
    }
    assert {service: count for service, count in shown.items() if count > SERIES} == {}

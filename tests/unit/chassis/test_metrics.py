from prometheus_client.parser import text_string_to_metric_families

from services.chassis.decider import Origin
from services.chassis.ids import new_id
from services.chassis.inputs import Fate, Input, Outcome
from services.chassis.metrics import batch_applied, scrape


def _scraped() -> dict[tuple[str, tuple[str, ...]], float]:
    text = bytes(scrape({"relay": True, "consumer": False}).body).decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items(), reverse=True))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_input_is_counted_by_how_it_came_and_what_became_of_it() -> None:
    before = _scraped()
    one = Input(new_id(), Origin.TIMER, "PromiseDue", new_id(), None, "{}")
    batch_applied([one, one, one], [Outcome(Fate.APPLIED), Outcome(Fate.GONE), Outcome(Fate.APPLIED)], 0.02)
    after = _scraped()
    for fate, count in (("applied", 2), ("gone", 1)):
        key = ("ciclo_inputs_total", ("timer", fate))
        assert after[key] - before.get(key, 0) == count
    assert after["ciclo_batch_seconds_count", ()] - before["ciclo_batch_seconds_count", ()] == 1


def test_the_parts_that_have_a_problem_stand_out() -> None:
    scraped = _scraped()
    assert scraped["ciclo_part_problem", ("relay",)] == 1
    assert scraped["ciclo_part_problem", ("consumer",)] == 0

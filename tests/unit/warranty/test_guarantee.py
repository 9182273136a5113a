"""The guarantee: the customer chooses among the remedies of the law, and the choice is carried out."""

from dataclasses import replace
from datetime import date, timedelta

from ciclo_schemas.inbound import WorkshopReportKind
from ciclo_schemas.values import RemedyKind, Window
from ciclo_schemas.warranty import RemedyAlreadyInForce, RepairAuthorized
from services.warranty.domain.records import ServicePoint
from tests.support.deciders import CASE
from tests.unit.warranty.world import (
    CORNER,
    NORTH,
    OLD_TV,
    OTHER_CASE,
    SOUTH,
    TV,
    chosen,
    classified,
    informed,
    last_assessment,
    opened,
    replacement,
    reported,
    story,
    under_repair,
)


def test_in_the_guarantee_the_customer_is_offered_repair_or_replacement_with_dates_and_reasons() -> None:
    told = story(OLD_TV)
    told.hears(opened())
    told.hears(classified())
    assessed = last_assessment(told)
    assert told.said() == ["coverage.assessed"]
    assert (assessed.window, assessed.basis) == (Window.GUARANTEE, "legal_guarantee")
    assert assessed.remedies_allowed == (RemedyKind.REPAIR, RemedyKind.REPLACEMENT)
    assert {(w.remedy, w.reason) for w in assessed.withheld} == {
        (RemedyKind.PRICE_REDUCTION, "only_after_a_repair"),
        (RemedyKind.REFUND, "only_after_a_repair"),
    }
    assert assessed.dates.clock_start == date(2025, 6, 3)
    assert assessed.dates.guarantee_until == date(2028, 6, 3)
    assert assessed.reasons == ("trial_ended", "reported_in_guarantee", "defect_presumed")


def test_a_chosen_repair_goes_to_the_official_workshop_with_the_fewest_open_repairs() -> None:
    told = under_repair(CORNER)
    repair = told.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert told.said() == ["coverage.assessed", "repair.authorized"]
    assert (repair.service_point, repair.repair_no) == ("cast-south", "R-C26-0001-7-1")
    assert repair.due == told.now + timedelta(days=15)
    assert (repair.assessment_no, repair.defect_no, repair.paid) == (1, 1, False)
    south = told.facts.one(ServicePoint, id="cast-south")
    assert south is not None
    assert south.open_repairs == SOUTH.open_repairs + 1


def test_of_equally_busy_workshops_the_first_by_name_is_taken() -> None:
    told = under_repair(replace(SOUTH, open_repairs=NORTH.open_repairs))
    repair = told.published[-1]
    assert isinstance(repair, RepairAuthorized)
    assert repair.service_point == "cast-north"


def test_a_chosen_replacement_in_the_guarantee_is_approved() -> None:
    told = story(OLD_TV)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPLACEMENT))
    assert told.said() == ["coverage.assessed", "replacement.approved"]
    assert replacement(told).window is Window.GUARANTEE


def test_without_a_workshop_that_may_repair_it_the_customer_chooses_again_without_repair() -> None:
    full, closed = replace(NORTH, capacity=3), replace(SOUTH, active=False)
    elsewhere = replace(SOUTH, id="cast-lisbon", jurisdictions='["PT"]')
    told = story(OLD_TV, CORNER, full, closed, elsewhere, replace(NORTH, id="cast-other", brands='["orbi"]'))
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REPAIR))
    assessed = last_assessment(told)
    assert told.said() == ["coverage.assessed", "coverage.assessed"]
    assert assessed.remedies_allowed == (RemedyKind.REPLACEMENT,)
    assert (RemedyKind.REPAIR, "no_service_point") in [(w.remedy, w.reason) for w in assessed.withheld]
    told.hears(chosen(RemedyKind.REPLACEMENT, assessment_no=2))
    assert replacement(told).assessment_no == 2


def test_a_choice_for_an_old_assessment_is_answered_with_the_current_one() -> None:
    told = under_repair()
    told.hears(reported(WorkshopReportKind.FAILED, reason="no_spare_part"))
    assert last_assessment(told).assessment_no == 2
    told.hears(chosen(RemedyKind.REPLACEMENT, assessment_no=1))
    assert last_assessment(told).assessment_no == 3
    assert "choice_not_available" in last_assessment(told).reasons
    assert "replacement.approved" not in told.said()


def test_a_remedy_that_was_not_offered_is_not_given() -> None:
    told = story(OLD_TV, SOUTH)
    told.hears(opened())
    told.hears(classified())
    told.hears(chosen(RemedyKind.REFUND))
    assert told.said() == ["coverage.assessed", "coverage.assessed"]
    assert "choice_not_available" in last_assessment(told).reasons


def test_a_choice_before_any_assessment_gets_one() -> None:
    told = story(OLD_TV, SOUTH)
    told.hears(opened())
    told.hears(chosen(RemedyKind.REPAIR))
    assert told.said() == ["coverage.assessed"]


def test_who_chooses_twice_keeps_the_first_choice_and_is_told_so() -> None:
    told = under_repair()
    told.hears(chosen(RemedyKind.REPLACEMENT))
    assert told.said()[-2:] == ["repair.authorized", "remedy.already_in_force"]


def test_a_second_case_about_the_same_defect_is_told_which_remedy_is_in_force() -> None:
    first = under_repair()
    second = story(facts=first.facts, case=OTHER_CASE)
    second.hears(opened(case_no="C26-0002-5"))
    second.hears(classified())
    assert second.said() == ["coverage.assessed", "remedy.already_in_force"]
    assert last_assessment(second).remedies_allowed == ()
    assert last_assessment(second).reasons[-1] == "remedy_in_force"
    blocked = second.published[-1]
    assert isinstance(blocked, RemedyAlreadyInForce)
    assert (blocked.case, blocked.remedy_no, blocked.defect_no) == (CASE, 1, 1)


def test_two_cases_that_choose_at_the_same_time_get_one_remedy_for_the_defect() -> None:
    first = story(OLD_TV, SOUTH)
    first.hears(opened())
    first.hears(classified())
    second = story(facts=first.facts, case=OTHER_CASE)
    second.hears(opened(case_no="C26-0002-5"))
    second.hears(classified())
    first.hears(chosen(RemedyKind.REPAIR))
    second.hears(chosen(RemedyKind.REPLACEMENT))
    assert second.said() == ["coverage.assessed", "coverage.assessed", "remedy.already_in_force"]


def test_another_defect_of_the_same_unit_has_its_own_number_and_remedy() -> None:
    first = under_repair()
    second = story(facts=first.facts, case=OTHER_CASE)
    second.hears(
        opened(case_no="C26-0002-5", facts={"product_unit": TV.product_unit, "symptom_code": "no_sound"})
    )
    second.hears(classified())
    second.hears(chosen(RemedyKind.REPLACEMENT))
    assert replacement(second).defect_no == 2


def test_a_unit_that_was_replaced_has_no_other_defect_to_put_right() -> None:
    first = story(TV)
    first.hears(opened())
    first.hears(classified())
    second = story(facts=first.facts, case=OTHER_CASE)
    second.hears(
        opened(case_no="C26-0002-5", facts={"product_unit": TV.product_unit, "symptom_code": "no_sound"})
    )
    second.hears(classified())
    assert second.said() == ["coverage.assessed", "remedy.already_in_force"]


def test_after_the_guarantee_the_assessment_says_so_and_names_the_rule() -> None:
    told = story(replace(OLD_TV, purchased_on=date(2022, 1, 3), delivered_on=date(2022, 1, 5)))
    told.hears(opened())
    told.hears(classified())
    assert told.said() == ["coverage.assessed"]
    assert last_assessment(told).window is Window.OUT
    assert last_assessment(told).dates.guarantee_until == date(2025, 1, 5)
    assert last_assessment(told).policy is not None
    assert last_assessment(told).remedies_allowed == ()


def test_a_country_whose_law_is_not_known_is_left_to_a_person_not_refused() -> None:
    told = story(replace(OLD_TV, jurisdiction="FR"))
    told.hears(opened())
    told.hears(classified())
    assert last_assessment(told).window is Window.UNKNOWN
    assert last_assessment(told).reasons == ("trial_ended", "no_policy_known")
    assert last_assessment(told).missing == ()


def test_late_in_the_guarantee_the_assessment_says_that_the_presumption_is_over() -> None:
    told = story(replace(OLD_TV, purchased_on=date(2024, 1, 3), delivered_on=date(2024, 1, 5)))
    told.hears(opened())
    told.hears(classified())
    assert last_assessment(told).window is Window.GUARANTEE
    assert "presumption_over" in last_assessment(told).reasons


def test_more_words_without_new_facts_do_not_repeat_the_question() -> None:
    told = story(OLD_TV)
    told.hears(opened())
    told.hears(classified())
    told.hears(informed())
    told.hears(classified())
    assert told.said() == ["coverage.assessed"]

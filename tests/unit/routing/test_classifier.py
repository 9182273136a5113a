"""What the keyword classifier makes of customers' words, and when it admits that it does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciclo_schemas.values import Category, Language, RemedyKind, Urgency
from services.routing.domain.classification import Classification, Stated
from services.routing.settings import HERE, read_classifier

CLASSIFIER = read_classifier(HERE / "keywords")


def classify(*texts: str, stated: Stated | None = None, language: Language = Language.ES) -> Classification:
    return CLASSIFIER.classify(texts, stated or Stated(), language)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("mi smart tv no abre youtube: network problem", Category.ONLINE_SUPPORT),
        ("El televisor no se conecta al wifi de casa", Category.ONLINE_SUPPORT),
        ("No consigo vincular los auriculares por bluetooth", Category.ONLINE_SUPPORT),
        ("The printer is offline and I cannot connect it to my router", Category.ONLINE_SUPPORT),
        ("How do I change the language of the menu?", Category.ONLINE_SUPPORT),
        ("La cafetera no enciende desde esta mañana", Category.TECHNICAL_FAULT),
        ("El horno echa humo y huele a plástico quemado", Category.TECHNICAL_FAULT),
        ("My washing machine leaks and does not spin", Category.TECHNICAL_FAULT),
        ("Screen flickers, and the battery dies after an hour", Category.TECHNICAL_FAULT),
        ("Lo compré hace 5 días y ya no funciona", Category.REPLACEMENT_REQUEST),
        ("La batidora llegó rota, quiero otra", Category.REPLACEMENT_REQUEST),
        ("I bought it 9 days ago, it will not turn on any more", Category.REPLACEMENT_REQUEST),
        ("You sent me the wrong size, please exchange it", Category.REPLACEMENT_REQUEST),
        ("¿Cuánto dura la garantía de la aspiradora?", Category.WARRANTY_QUERY),
        ("Si se rompe el cristal, ¿lo cubre la garantía?", Category.WARRANTY_QUERY),
        ("Is a cracked screen covered by the warranty?", Category.WARRANTY_QUERY),
        ("¿Hay algún curso para aprender a coser con esta máquina?", Category.TRAINING),
        ("Do you run workshops for beginners?", Category.TRAINING),
        ("Llevo un mes llamando y nadie me responde", Category.COMPLAINT),
        ("The man on the phone was rude and hung up", Category.COMPLAINT),
        ("¿Cuándo llega mi pedido?", Category.CARE),
        ("I was charged twice on my credit card", Category.CARE),
        ("Préstamos inmediatos sin papeles", Category.SPAM_OR_UNCLEAR),
        ("Earn money with bitcoin from home", Category.SPAM_OR_UNCLEAR),
        ("hola", Category.SPAM_OR_UNCLEAR),
        ("???", Category.SPAM_OR_UNCLEAR),
    ],
)
def test_ordinary_words_are_understood_in_both_languages(text: str, category: Category) -> None:
    found = classify(text)
    assert (found.category, found.abstained) == (category, False), found


def test_case_and_accents_do_not_matter() -> None:
    assert classify("NO ENCIENDE LA CALEFACCION") == classify("no enciende la calefacción")


def test_reasons_name_the_rules_and_never_repeat_the_words() -> None:
    found = classify("Mi cafetera Morena no enciende y hace ruido")
    assert found.reasons == ("no_power", "noise")
    assert found.confidence > 0.7


@pytest.mark.parametrize(
    "text",
    [
        "No es una reclamación, ¿qué horario tiene la tienda?",
        "This is not a complaint, I only want to know the price",
    ],
)
def test_what_is_denied_does_not_count(text: str) -> None:
    assert classify(text).category is Category.CARE


def test_a_negation_reaches_no_further_than_its_clause() -> None:
    assert classify("no gira, y huele a quemado").reasons == ("no_movement", "burning")


def test_an_angry_word_about_a_broken_thing_is_about_the_thing_and_says_that_it_is_angry() -> None:
    found = classify("La nevera no enfría y nadie me contesta, es una vergüenza")
    assert found.category is Category.TECHNICAL_FAULT
    assert found.facets == ("complaint",)


def test_a_defect_in_the_guarantee_is_a_fault_and_no_question() -> None:
    assert classify("Está en garantía y no enciende").category is Category.TECHNICAL_FAULT


@pytest.mark.parametrize(
    "text",
    [
        "Sale humo de la secadora",
        "My baby's bottle warmer is broken",
        "Si no lo arreglan voy a la oficina del consumidor, la lavadora no funciona",
    ],
)
def test_danger_frailty_and_authorities_are_urgent(text: str) -> None:
    assert classify(text).urgency is Urgency.HIGH


def test_who_only_wants_to_know_can_wait_a_little() -> None:
    assert classify("¿Cuánto dura la garantía?").urgency is Urgency.LOW


def test_nothing_said_is_nothing_known() -> None:
    found = classify()
    assert found.abstained
    assert found.confidence == 0


def test_words_that_no_rule_knows_are_left_to_a_person() -> None:
    assert classify("Quisiera comentarles algo sobre lo que hablamos la semana pasada").abstained


def test_two_matters_of_equal_weight_are_left_to_a_person() -> None:
    found = classify("No enciende. Además, ¿hay algún curso?")
    assert found.abstained


def test_what_was_stated_in_the_form_counts_without_any_words() -> None:
    assert classify(stated=Stated(symptom_code="no_power")).category is Category.TECHNICAL_FAULT
    wants_new = classify(stated=Stated(symptom_code="no_power", asked_for=RemedyKind.REPLACEMENT))
    assert wants_new.category is Category.REPLACEMENT_REQUEST
    assert not wants_new.abstained


def test_later_words_make_an_unclear_case_clear() -> None:
    assert classify("hola", "no enciende la tele").category is Category.TECHNICAL_FAULT


@given(st.lists(st.text(max_size=300), max_size=4))
def test_any_text_gets_an_answer_that_can_be_published(texts: list[str]) -> None:
    found = classify(*texts)
    assert 0 <= found.confidence <= 1
    assert found.category in Category.written()
    assert found.reasons
    assert classify(*texts) == found

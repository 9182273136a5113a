"""What a customer does on the page of his case, in a real browser without JavaScript."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload

from ciclo_schemas.values import RemedyKind, Window
from tests.browser import events
from tests.browser.conftest import Visit

PNG = b"\x89PNG\r\n\x1a\n" + b"a photo of an invoice" * 50


async def test_a_customer_chooses_a_remedy_after_reading_what_each_means(
    visit: Visit, pictures: Path | None
) -> None:
    customer = await visit()
    await customer.hears("routing", events.FIRST_ANSWER, events.ASSIGNED)
    await customer.hears("warranty", events.assessed(RemedyKind.REPAIR, RemedyKind.REPLACEMENT))
    await customer.hears("routing", events.asked("remedy"), events.WAITING)
    await customer.pictured(pictures, "remedy")
    repair = customer.page.get_by_label("Repair")
    assert "at no cost to you" in await customer.described_by(repair)
    await repair.check()
    await customer.sends("remedy")
    assert await customer.message() == "We have received your choice."
    assert (await customer.last_event())["remedy"] == "repair"
    assert await customer.form("remedy").count() == 0


async def test_out_of_guarantee_a_customer_asks_for_a_quote_and_accepts_it_with_its_price_in_sight(
    visit: Visit, pictures: Path | None
) -> None:
    customer = await visit(language="es")
    await customer.hears("warranty", events.assessed(RemedyKind.QUOTE, window=Window.OUT))
    await customer.hears("routing", events.asked("remedy"))
    assert "la reparación la pagaría usted" in await customer.text("#remedy")
    assert "SAT-7 (autorizado por el fabricante)" in await customer.text("#remedy")
    await customer.page.get_by_label("Presupuesto").check()
    await customer.sends("remedy")
    await customer.hears("warranty", events.quoted())
    await customer.pictured(pictures, "quote-es")
    assert "89,50\xa0€" in await customer.text("#quote")
    await customer.sends("quote", "Aceptar")
    said = await customer.last_event()
    assert (said["quote_no"], said["revision"], said["accepted"]) == ("Q-1", 1, True)
    assert await customer.form("quote").count() == 0


async def test_a_customer_says_yes_and_rates_us_after_the_end(visit: Visit, pictures: Path | None) -> None:
    customer = await visit(language="pt")
    await customer.hears("routing", events.proposed())
    await customer.sends("solved")
    assert "está resolvido" in await customer.message()
    assert await customer.said() == ["case.opened", "case.resolution_confirmed"]
    await customer.hears("routing", events.CLOSED)
    await customer.sends("survey")
    assert await customer.page.locator("#survey-score-error").inner_text() == "Escolha uma nota de 1 a 5."
    await customer.page.get_by_label("4 – Bem").check()
    await customer.pictured(pictures, "survey-pt")
    await customer.sends("survey")
    assert (await customer.last_event())["score"] == 4
    assert "Deu-nos 4 em 5" in await customer.text("#survey")


async def test_no_needs_a_reason_and_what_was_written_is_still_there(
    visit: Visit, pictures: Path | None
) -> None:
    customer = await visit()
    await customer.hears("routing", events.proposed())
    await customer.opens("No, not yet")
    words = customer.page.get_by_label("Tell us more")
    await words.fill("It works for an hour.\nThen it <b>stops</b>.")
    await customer.sends("denial")
    assert (await customer.page.title()).startswith("Error: ")
    assert "Choose what is wrong." in await customer.text("#errors")
    assert await customer.focused() == "errors"
    assert await words.input_value() == "It works for an hour.\nThen it <b>stops</b>."
    await customer.pictured(pictures, "denial-error")
    await customer.page.locator("#errors a").click()
    assert await customer.focused() == "denial-reason"
    await customer.page.get_by_label("There is another problem now").check()
    await customer.sends("denial")
    assert (await customer.last_event())["reason"] == "another_problem"
    assert await customer.words_kept() == "It works for an hour.\nThen it <b>stops</b>."


async def test_what_is_missing_is_asked_for_and_a_mistake_is_said_beside_its_field(
    visit: Visit, pictures: Path | None
) -> None:
    customer = await visit(facts={})
    await customer.hears("routing", events.asked("product_unit", "purchase"))
    await customer.page.get_by_label("Serial number").fill("?")
    await customer.page.get_by_label("Date of purchase").fill("2999-01-01")
    await customer.sends("information")
    await customer.pictured(pictures, "information-error")
    serial = customer.page.get_by_label("Serial number")
    assert "4 to 40 letters" in await customer.described_by(serial)
    assert "future" in await customer.described_by(customer.page.get_by_label("Date of purchase"))
    assert await serial.input_value() == "?"
    await serial.fill("fr-2040-118")
    await customer.page.get_by_label("Date of purchase").fill("2026-11-07")
    await customer.page.get_by_label("Invoice or order number").fill("F-2026-4711")
    await customer.sends("information")
    facts = {"product_unit": "FR-2040-118", "purchased_on": "2026-11-07", "purchase_ref": "F-2026-4711"}
    assert (await customer.last_event())["facts"] == facts
    assert "7 November 2026" in await customer.text("main")
    assert await customer.page.locator("#information .ask").count() == 0


async def test_a_form_left_empty_says_so(visit: Visit) -> None:
    customer = await visit()
    await customer.opens("Add information")
    await customer.sends("information")
    assert "Fill in at least one field." in await customer.text("#errors")
    assert await customer.said() == ["case.opened"]


async def test_a_proof_of_purchase_is_sent_listed_and_read_back(visit: Visit, tmp_path: Path) -> None:
    customer = await visit()
    await customer.opens("Send photos or the invoice")
    await customer.page.get_by_label("Invoice or receipt").check()
    file = FilePayload(name="../../evil.html", mimeType="text/html", buffer=PNG)
    await customer.page.get_by_label("Files").set_input_files(file)
    await customer.sends("attachments")
    assert await customer.message() == "We have received your files."
    said = await customer.last_event()
    assert said["facts"] == {"proof_ref": said["attachments"][0]}
    async with customer.page.expect_download() as coming:
        await customer.page.get_by_role("link", name="Invoice or receipt 1").click()
    download = await coming.value
    assert download.suggested_filename == f"{said['attachments'][0]}.png"
    await download.save_as(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == PNG


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><script>alert(1)</script></html>", "not a JPEG, PNG, WebP or PDF"),
        (PNG + bytes(5 * 1024 * 1024), "larger than 5 MB"),
        (None, "Choose at least one file."),
    ],
)
async def test_a_file_that_is_not_taken_is_named_as_the_fault(
    visit: Visit, content: bytes | None, what: str
) -> None:
    customer = await visit()
    await customer.opens("Send photos or the invoice")
    field = customer.page.get_by_label("Files")
    if content is not None:
        await field.set_input_files(FilePayload(name="photo.png", mimeType="image/png", buffer=content))
    await customer.sends("attachments")
    assert what in await customer.described_by(customer.page.get_by_label("Files"))
    assert await customer.said() == ["case.opened"]


async def test_a_customer_asks_for_a_person(visit: Visit) -> None:
    customer = await visit(language="es")
    await customer.opens("Hablar con una persona")
    await customer.page.get_by_label("Sobre qué quiere hablar").fill("Prefiero el teléfono.")
    await customer.sends("person")
    assert (await customer.said())[-1] == "case.human_requested"
    assert await customer.words_kept() == "Prefiero el teléfono."


async def test_nothing_is_cancelled_before_the_customer_is_sure(visit: Visit, pictures: Path | None) -> None:
    customer = await visit()
    await customer.page.get_by_role("link", name="Cancel the case").click()
    await customer.pictured(pictures, "cancellation")
    await customer.page.get_by_role("link", name="No, go on with the case").click()
    assert await customer.said() == ["case.opened"]
    await customer.page.get_by_role("link", name="Cancel the case").click()
    await customer.page.get_by_label("It takes too long").check()
    await customer.sends("cancellation")
    assert (await customer.last_event())["reason"] == "too_slow"
    assert "what could be stopped" in await customer.message()


async def test_who_was_taken_for_spam_finds_the_way_back_at_the_top(visit: Visit) -> None:
    customer = await visit()
    await customer.hears("routing", events.REJECTED)
    await customer.sends("objection")
    assert "Write what you do not agree with." in await customer.text("#errors")
    await customer.page.get_by_label("What you do not agree with").fill("I am a real customer.")
    await customer.sends("objection")
    assert (await customer.said())[-1] == "case.objection_raised"


async def test_a_double_click_or_a_reload_says_nothing_twice(visit: Visit) -> None:
    customer = await visit()
    await customer.opens("Speak to a person")
    await customer.page.get_by_label("What you want to speak about").fill("The date.")
    await customer.form("person").get_by_role("button").dblclick()
    await customer.page.wait_for_url("**said=person*")
    await customer.page.reload()
    assert await customer.said() == ["case.opened", "case.human_requested"]


async def test_a_page_that_is_behind_another_tab_says_so_kindly(visit: Visit, pictures: Path | None) -> None:
    customer = await visit()
    await customer.hears("warranty", events.assessed(RemedyKind.REPAIR, RemedyKind.REPLACEMENT))
    await customer.hears("routing", events.asked("remedy"))
    old = customer.page
    customer.page = await old.context.new_page()
    await customer.hears("warranty", events.assessed(RemedyKind.REFUND, number=2))
    customer.page = old
    await customer.page.get_by_label("Repair").check()
    await customer.sends("remedy")
    assert "Your case has changed since you opened this page" in await customer.text("#errors")
    assert await customer.page.get_by_label("Refund").count() == 1, "it shows what can be chosen now"
    await customer.pictured(pictures, "stale")
    assert await customer.said() == ["case.opened"]

"""A case is its customer's: nobody else reads it, speaks for him, or learns that it exists."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from services.intake.routes import attachments, cases, vault, words
from services.intake.routes.door import spoken_for, tracked
from tests.integration.intake.service import Intake, customer

UNKNOWN = "01930000-0000-7000-8000-00000000dead"
BODIES = {
    "/information": {"text": "Otra cosa."},
    "/remedy-choice": {"remedy": "repair", "assessment_no": 1},
    "/confirmation": {"proposal_no": 1},
    "/denial": {"proposal_no": 1, "reason": "still_broken"},
    "/human-request": {},
}


def routes_of_a_case() -> Iterator[tuple[str, str]]:
    """Method and path of every route about one case."""
    for router in (cases.router, words.router, attachments.router, vault.router):
        for route in router.routes:
            if isinstance(route, APIRoute) and "{case_id}" in route.path:
                yield from ((method, route.path) for method in route.methods or ())


ROUTES = [route for route in routes_of_a_case() if not route[1].endswith("/texts")]


def test_every_route_of_a_case_but_the_colleagues_one_asks_for_its_tracking_key() -> None:
    every = [
        route
        for router in (cases.router, words.router, attachments.router, vault.router)
        for route in router.routes
        if isinstance(route, APIRoute) and "{case_id}" in route.path
    ]
    asking = {
        route.path
        for route in every
        if any(d.dependency in (tracked, spoken_for) for d in route.dependencies)
    }
    assert {route.path for route in every} - asking == {"/v1/cases/{case_id}/texts"}
    assert len(asking) == len(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_an_api_key_that_may_not_speak_reaches_no_case_and_learns_of_none(
    intake: Intake, method: str, path: str
) -> None:
    existing = (await intake.open())["case_id"]
    reader = await intake.key("agent/agent-03", "texts:read")
    body = BODIES.get(path.removeprefix("/v1/cases/{case_id}"))
    answers = [
        await intake.http.request(method, path.replace("{case_id}", case_id), json=body, headers=reader)
        for case_id in (existing, UNKNOWN)
    ]
    assert {answer.status_code for answer in answers} <= {401, 403}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nobody_reaches_anothers_case_or_learns_whether_it_exists(
    intake: Intake, method: str, path: str
) -> None:
    mine, theirs = await intake.open(), await intake.open()
    body = BODIES.get(path.removeprefix("/v1/cases/{case_id}"))
    answers = [
        await intake.http.request(method, path.replace("{case_id}", case_id), json=body, headers=headers)
        for case_id, headers in [
            (theirs["case_id"], customer(mine)),
            (UNKNOWN, customer(mine)),
            (theirs["case_id"], {}),
            (UNKNOWN, {}),
        ]
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 401, 401]
    assert len({answer.text for answer in answers}) == 2
    assert await intake.events_of(theirs["case_id"]) == ["ciclo.case.opened.v1"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/vault/texts:read", {"refs": ["txt_" + "1" * 32]}),
        ("POST", "/v1/vault/contacts:read", {"customer_refs": ["cus_" + "1" * 32]}),
        ("POST", f"/v1/cases/{UNKNOWN}/texts", {"text": "nota"}),
        ("PUT", "/v1/customers/crm/K-1", {"name": "X", "email": "x@example.com", "language": "es"}),
        ("GET", "/v1/case-numbers/C-2222-2222-2", None),
    ],
)
async def test_a_customers_key_opens_no_colleagues_door(
    intake: Intake, method: str, path: str, body: dict[str, object] | None
) -> None:
    opened = await intake.open()
    for headers in (customer(opened), {}):
        answer = await intake.http.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authorized")


async def test_tracking_keys_differ_and_are_stored_nowhere(intake: Intake) -> None:
    keys = [(await intake.open(key=f"key {number}"))["tracking_key"] for number in range(3)]
    assert len(set(keys)) == 3
    assert all(len(key) == 43 for key in keys)
    for table, text in (await intake.stored()).items():
        assert not any(key in text for key in keys), table


async def test_a_key_that_is_no_text_opens_nothing(intake: Intake) -> None:
    opened = await intake.open()
    headers = [(b"Authorization", "Bearer contraseña".encode())]
    answer = await intake.http.get(f"/v1/cases/{opened['case_id']}", headers=headers)
    assert answer.status_code == 401

"""Intake's HTTP doors: for customers, and for colleagues and other services."""

from fastapi import APIRouter, Depends, Request, Response

from services.intake.routes import attachments, cases, customers, vault, words
from services.intake.routes.door import Door
from services.intake.routes.page import router as page
from services.intake.routes.page.render import Pages
from services.intake.routes.story import router as story
from services.intake.settings import IntakeSettings


def routers(settings: IntakeSettings) -> list[APIRouter]:
    """Every route; answers are kept by no cache, because all of them are about somebody."""
    door = Door(settings.tracking_secret.get_secret_value().encode(), settings.public_url)
    pages = Pages.load()

    async def at_the_door(request: Request, response: Response) -> None:
        request.state.door = door
        request.state.pages = pages
        request.state.trace_url = settings.trace_url
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"

    every = APIRouter(dependencies=[Depends(at_the_door)])
    for router in (
        cases.router,
        words.router,
        attachments.router,
        vault.router,
        customers.router,
        page,
        story,
    ):
        every.include_router(router)
    return [every]

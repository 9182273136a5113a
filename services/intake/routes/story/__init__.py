"""The story of a case (la historia del caso): what happened leg by leg, and who was waited for in between."""

from fastapi import APIRouter

from services.intake.routes.story import page, timeline

router = APIRouter()
router.include_router(timeline.router)
router.include_router(page.router)

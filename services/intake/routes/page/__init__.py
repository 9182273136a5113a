"""The customer's page: rendered here, with no script, no build step and nothing from elsewhere."""

from fastapi import APIRouter

from services.intake.routes.page import case, finding

router = APIRouter()
router.include_router(finding.router)
router.include_router(case.router)

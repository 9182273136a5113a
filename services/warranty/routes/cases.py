"""The doors that show what was decided for a case, and take the news that its refund was paid."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Response

from services.chassis.decider import Refusal
from services.chassis.http import CommandsDep, PoolDep, Refused, etag
from services.chassis.keys import needs
from services.warranty import views
from services.warranty.domain.refunds import Payment, ReportPayment
from services.warranty.routes.scopes import Scope

router = APIRouter()

PAYMENT_EXAMPLE = {
    "reference": "TRF-2026-118",
    "paid_at": "2026-11-24T10:00:00Z",
    "amount": {"amount_minor": 44900, "currency": "EUR"},
}


@router.post(
    "/cases/{case_id}/refunds/{remedy_no}/payment", dependencies=[Depends(needs(Scope.REPORT_REFUNDS))]
)
async def report_payment(
    case_id: UUID,
    remedy_no: Annotated[int, Path(ge=1, le=2_147_483_647)],
    payment: Annotated[Payment, Body(examples=[PAYMENT_EXAMPLE])],
    commands: CommandsDep,
) -> Payment:
    """Report that an approved refund was paid, by hand or by the ERP. The same payment again is no error.

    404 `unknown_remedy`; 409 `not_a_refund`, `already_paid` (another reference), `called_off`,
    `in_the_future`, `not_seen_yet`.
    """
    await commands.send(case_id, ReportPayment(remedy_no=remedy_no, **payment.model_dump()))
    return payment


@router.get("/cases/{case_id}", dependencies=[Depends(needs(Scope.READ_CASES))])
async def read_case(case_id: UUID, pool: PoolDep, response: Response) -> views.CaseView:
    """The assessments of a case with their reasons, its remedies, quotes, compensations, containments.

    The ETag goes back as If-Match.

    409 `not_seen_yet` while warranty has not heard of the case, which may be on its way.
    """
    found = await views.case(pool, case_id)
    if found is None:
        raise Refused(Refusal(code="not_seen_yet", detail="warranty has not heard of this case yet"))
    etag(response, found.etag)
    return found.view

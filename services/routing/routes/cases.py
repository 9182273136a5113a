"""The door that shows one case."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.chassis.decider import Refusal
from services.chassis.http import PoolDep, Refused, etag
from services.chassis.keys import needs
from services.routing import views
from services.routing.routes.desk import NOT_NOW
from services.routing.routes.scopes import Scope

NOT_SEEN_YET = Refusal("not_seen_yet", "routing has not heard of this case yet")

router = APIRouter()


@router.get("/cases/{case_id}", dependencies=[Depends(needs(Scope.READ_CASES))], responses=NOT_NOW)
async def read_case(case_id: UUID, pool: PoolDep, response: Response) -> views.CaseView:
    """A case: where it stands, who has it, what is known, was tried, was promised, and what became of it.

    The customer's words and files are named by reference; intake shows them. The ETag goes back as If-Match.
    """
    found = await views.case(pool, case_id)
    if found is None:
        raise Refused(NOT_SEEN_YET)
    response.headers["Case-Clock"] = found.clock
    etag(response, found.etag)
    return found.view

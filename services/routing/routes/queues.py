"""Doors that show many cases: queues, and who waits for whom."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ciclo_schemas.values import Identifier
from services.chassis.http import PoolDep, problem
from services.chassis.keys import needs
from services.routing import views
from services.routing.domain.case import TECHNICIANS
from services.routing.routes.scopes import Scope

MAX_PAGE = 200

router = APIRouter(dependencies=[Depends(needs(Scope.READ_CASES))])


@router.get("/queues/{queue}/cases")
async def list_queue(
    queue: Identifier,
    pool: PoolDep,
    wanted: Annotated[views.Filter, Query()],
    after: Annotated[
        str | None,
        Query(description="`next` of the page before", json_schema_extra={"pattern": views.CURSOR}),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> views.QueuePage:
    """The open cases of a queue, urgent ones first, then by the next date somebody answers for.

    Queues: `first_line`; `education` and `complaints`, with the cases that wait for them beside their owner;
    `technicians.<service point>` for each workshop.
    """
    cursor = None if after is None else views.Cursor.read(after)
    if after is not None and cursor is None:
        raise problem(422, "malformed_cursor", "`after` is the `next` of a page", locations=["query.after"])
    of_technicians = queue == TECHNICIANS or queue.startswith(f"{TECHNICIANS}.")
    return await views.queue(pool, queue, wanted, of_technicians=of_technicians, after=cursor, limit=limit)


@router.get("/overview")
async def read_overview(pool: PoolDep) -> list[views.Waiting]:
    """Who waits for whom: the open cases by queue, stage and whom they wait for, and how many are late."""
    return await views.overview(pool)

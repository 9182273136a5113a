"""What a caller has seen of an aggregate: told in `ETag`, shown again in `If-Match`."""

import re
from uuid import UUID

from services.chassis.definition import Connection
from services.chassis.inputs import Change, Picture

MAX_CHANGES = 20
# A proxy that compresses answers marks their ETags as weak; what they name is the same.
PATTERN = r'^(W/)?"[0-9]{1,18}\.[0-9]{1,9}\.[0-9]{1,18}"$'
"""How an ETag of ours looks, for descriptions of the API."""
_FORM = re.compile(r'(?:W/)?"(\d{1,18})\.(\d{1,9})\.(\d{1,18})"', re.ASCII)


def read_etag(etag: str) -> Picture | None:
    """The picture that an ETag of ours stands for; None for anything else."""
    found = _FORM.fullmatch(etag.strip())
    return None if found is None else Picture(int(found[1]), int(found[2]), int(found[3]))


async def changes_since(
    connection: Connection, source: str, epoch: int, aggregate: UUID, picture: Picture
) -> tuple[Change, ...]:
    """What this service has published about the aggregate since: the newest 20, oldest first.

    `source` and `epoch` are the service's own; sequences of an earlier epoch say nothing about this one.
    """
    rows = await connection.fetch(
        """
        SELECT type, occurred_at FROM events WHERE aggregate = $1 AND source = $2 AND sequence > $3
        ORDER BY sequence DESC LIMIT $4
        """,
        aggregate,
        source,
        picture.sequence if picture.epoch == epoch else 0,
        MAX_CHANGES,
    )
    return tuple(Change(row["type"], row["occurred_at"]) for row in reversed(rows))

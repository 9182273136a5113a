"""Part `costs`: what a new case costs, counted; the same figures as the gates of the test command."""

from collections import Counter

from tests.benchmarks.counted.costs import Costs, scales
from tests.benchmarks.results import Found, Goal, number
from tests.benchmarks.stand import Stand, topics

ALONE, TOGETHER = (1, 50), (200, 5)
TEXT = (
    "A `case.opened` applied by routing's engine and its promise published by the relay, by hand: nothing "
    "here depends on the machine. WAL is read back record by record, full-page images apart; autovacuum "
    "is off. A statement counts however many rows it has, BEGIN and COMMIT count, too; `SELECT` alone "
    "draws a transaction's number (once a second)."
)


async def measure(stand: Stand) -> Found:
    """Run the part."""
    async with (
        topics(stand) as made,
        stand.database("routing") as database,
        scales(database, stand.kafka, made.prefix) as ours,
    ):
        alone, together = await ours.weigh(*ALONE), await ours.weigh(*TOGETHER)
    both = {"alone": alone, "in batches of 200": together}
    return Found(
        part="costs",
        title="What a case costs, counted",
        text=TEXT,
        columns=("a case", *both),
        rows=[
            _row("statements", alone.statements_each, together.statements_each),
            _row("bytes of WAL", alone.wal_each, together.wal_each),
            _row("writing transactions", alone.commits_each, together.commits_each),
            _row("rows left dead", alone.dead_each, together.dead_each),
            _row("requests to Kafka to publish", _requests(alone), _requests(together)),
            *_each("**statements**", alone, together, "statements"),
            *_each("**bytes of WAL by kind of record**", alone, together, "wal"),
            *_each("**records of WAL by kind**", alone, together, "records"),
        ],
        data={
            name: {
                "events": costs.events,
                "statements": costs.statements,
                "wal_bytes": costs.wal,
                "wal_records": costs.records,
                "full_page_image_bytes": costs.image_bytes,
                "requests": costs.requests,
            }
            for name, costs in both.items()
        },
        goals=[
            Goal("statements a case in batches of 200", together.statements_each, 0.08, at_least=False),
            Goal("bytes of WAL a case in batches of 200", together.wal_each, 2_200, at_least=False),
        ],
    )


def _requests(costs: Costs) -> float:
    return costs.requests["ProduceRequest"] / costs.events


def _each(title: str, alone: Costs, together: Costs, what: str) -> list[list[str]]:
    first: Counter[str] = getattr(alone, what)
    second: Counter[str] = getattr(together, what)
    names = [name for name, _ in (first + second).most_common()]
    rows = [_row(f"`{name}`", first[name] / alone.events, second[name] / together.events) for name in names]
    return [[title, "", ""], *rows]


def _row(what: str, alone: float, together: float) -> list[str]:
    return [what, number(alone), number(together)]

"""What is left to look at when stories were played, and everything that may be wrong with it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import yaml

from demo.report import Ending
from demo.world import FILE, Plan
from deploy.embedded import Servers
from tests.journeys import privacy, rules
from tests.journeys.books import Books, quiet, unfinished
from tests.journeys.canaries import Canaries
from tests.journeys.house import House, Letter
from tests.journeys.reader import read_everything
from tests.journeys.traced import Traced, look
from tests.journeys.wire import Wire
from tests.support.traces import Deaths


@dataclass(frozen=True)
class Evidence:
    """Kafka, databases, mailbox and logs after the last case."""

    endings: list[Ending]
    cases: dict[str, list[str]]
    """Case ids by the titles of their stories, the story's main case first."""
    texts: list[str]
    """What customers wrote."""
    letters: list[Letter]
    wire: Wire
    books: dict[str, Books]
    logs: Path
    traced: Traced
    metrics: dict[str, str]
    canaries: Canaries

    def not_ended(self) -> list[str]:
        """Cases that did not end where their story says."""
        return [
            f"{ending.story.title}: {complaint}"
            for ending in self.endings
            for complaint in ending.complaints
            or ([] if ending.state.startswith(ending.story.ends) else [ending.state])
        ]

    def on_the_wire(self) -> list[str]:
        """What is wrong with the records, and what of the services' events is not there."""
        told = {event["ce_id"] for event in self.wire.events}
        lost = {name: books.published - told for name, books in self.books.items() if books.published - told}
        return [*self.wire.faults(), *(f"{name} never sent {sorted(ids)}" for name, ids in lost.items())]

    def broken_rules(self) -> list[str]:
        """What the house promises about every case and did not keep."""
        return rules.broken_rules(self.wire, chain.from_iterable(self.cases.values()))

    def wrong_letters(self) -> list[str]:
        """Letters that are missing, doubled, or somebody else's."""
        plan = Plan.model_validate(yaml.safe_load(FILE.read_text("utf-8")))
        owners = {key: person.email for key, person in plan.customers.items()}
        return list(rules.wrong_letters(self.endings, self.letters, owners))

    def unfinished(self) -> list[str]:
        """What the services had left to do."""
        return unfinished(self.books)

    def leaks(self) -> list[str]:
        """Customers' names, addresses and words outside the vault."""
        texts = [*self.texts, *privacy.handed_over(self.wire.records)]
        return [
            *privacy.leaks(self.wire.records, texts),
            *privacy.logged(self.logs, texts),
            *self.canaries.seen(privacy.secret_words(texts), self.traced.told.spans, self.metrics),
            *self.canaries.repeated(self.logs, self.wire.records),
        ]

    def badly_told(self) -> list[str]:
        """What spans do not tell of the cases, or not as they should."""
        return self.traced.faults([case for cases in self.cases.values() for case in cases])

    def everything_wrong(self) -> list[str]:
        """All of it."""
        return [
            *self.not_ended(),
            *self.unfinished(),
            *self.on_the_wire(),
            *self.broken_rules(),
            *self.wrong_letters(),
            *self.leaks(),
            *self.badly_told(),
        ]


async def gather(servers: Servers, house: House, endings: Sequence[Ending]) -> Evidence:
    """Wait until the services have nothing left to do, and collect what there is."""
    books = await quiet(servers)
    wire = Wire(await asyncio.to_thread(read_everything, servers.kafka))
    return Evidence(
        endings=list(endings),
        cases={ending.story.title: house.screen.cases[ending.story.title] for ending in endings},
        texts=house.doors.texts,
        letters=house.letters(),
        wire=wire,
        books=books,
        logs=house.logs,
        traced=await look(servers, house.sink, wire, Deaths(house.deaths)),
        metrics=await house.metrics(),
        canaries=house.canaries(),
    )

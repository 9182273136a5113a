"""Is the process alive, is it ready, and if not, why."""

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from fastapi import APIRouter, Response
from pydantic import BaseModel


class Part(Protocol):
    """Something of the app that runs between start and stop."""

    @property
    def name(self) -> str:
        """How logs and health name it."""
        ...

    async def start(self) -> None:
        """Begin; what it raises stops the app's start."""
        ...

    async def stop(self, grace: float) -> None:
        """Finish what is in flight within `grace` seconds, then end."""
        ...

    def problem(self) -> str | None:
        """Why it cannot do its work now; None when all is well."""
        ...


@runtime_checkable
class Mortal(Protocol):
    """A part that can end for good while it should run."""

    def died(self) -> BaseException | None:
        """What ended it; None while it lives."""
        ...


class Report(BaseModel):
    """The answer of a probe: `reasons` by part, empty when all is well."""

    status: str
    reasons: dict[str, str] = {}


class Health:
    """What the probes ask. Alive: no part died. Ready: no part has a problem, and the app is not stopping."""

    def __init__(self, parts: Callable[[], Iterable[Part]]) -> None:
        self._parts = parts
        self.stage: str | None = "starting"
        """Why the app as a whole is not ready: starting, stopping; None while it runs."""

    def deaths(self) -> dict[str, BaseException]:
        """What ended the parts that died."""
        mortals = [(part.name, part.died()) for part in self._parts() if isinstance(part, Mortal)]
        return {name: death for name, death in mortals if death is not None}

    def problems(self) -> dict[str, str]:
        """Why each part that cannot work now cannot."""
        problems = [(part.name, part.problem()) for part in self._parts()]
        return {name: problem for name, problem in problems if problem is not None}

    def live(self) -> Report:
        """The answer of /livez."""
        return _report({name: f"died ({type(death).__name__})" for name, death in self.deaths().items()})

    def ready(self) -> Report:
        """The answer of /readyz."""
        stage = {"app": self.stage} if self.stage else {}
        return _report(stage | self.live().reasons | self.problems())


def health_routes(health: Health) -> APIRouter:
    """/livez and /readyz: 200, or 503 with the reasons."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez(response: Response) -> Report:
        """Whether the process should go on; never asks about what it depends on."""
        return _answer(response, health.live())

    @router.get("/readyz")
    async def readyz(response: Response) -> Report:
        """Whether the service can do all of its work now."""
        return _answer(response, health.ready())

    return router


def _report(reasons: dict[str, str]) -> Report:
    return Report(status="failing" if reasons else "ok", reasons=reasons)


def _answer(response: Response, report: Report) -> Report:
    response.status_code = 503 if report.reasons else 200
    response.headers["Cache-Control"] = "no-store"
    return report

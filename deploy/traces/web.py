"""The sink's HTTP: the door for spans, the pages, and the spans as JSON."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from deploy.traces import pages
from deploy.traces.receiving import Receiver
from deploy.traces.spans import Span
from deploy.traces.store import Store

# The pages need nothing from anywhere, and no script.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def build_app(store: Store) -> Starlette:
    """The application."""
    receiver = Receiver(store)

    async def first(_request: Request) -> Response:
        return HTMLResponse(pages.first_page(store), headers=HEADERS)

    async def trace(request: Request) -> Response:
        return _page(pages.trace_page, store, request.path_params["trace_id"])

    async def case(request: Request) -> Response:
        return _page(pages.case_page, store, request.path_params["case_id"])

    async def spans(request: Request) -> Response:
        return JSONResponse([as_json(span) for span in _asked(store, request)])

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"spans": len(store), "dropped": store.dropped})

    return Starlette(
        routes=[
            Route("/v1/traces", receiver.take, methods=["POST"]),
            Route("/", first),
            Route("/traces/{trace_id}", trace),
            Route("/cases/{case_id}", case),
            Route("/api/spans", spans),
            Route("/healthz", healthy),
        ]
    )


def as_json(span: Span) -> dict[str, Any]:
    """A span as `/api/spans` has it."""
    return asdict(span)


def _asked(store: Store, request: Request) -> list[Span]:
    if "case_id" in request.query_params:
        return store.case(request.query_params["case_id"])
    if "trace_id" in request.query_params:
        return store.trace(request.query_params["trace_id"])
    return store.everything()


def _page(build: Callable[[Store, str], str | None], store: Store, name: str) -> Response:
    page = build(store, name)
    if page is None:
        return HTMLResponse(pages.nothing_page(name), 404, headers=HEADERS)
    return HTMLResponse(page, headers=HEADERS)

"""The name of the route that a request took: what logs, spans and metrics say instead of its address."""

from typing import Any
from weakref import WeakKeyDictionary

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Scope

_templates: WeakKeyDictionary[FastAPI, dict[int, str]] = WeakKeyDictionary()


def template_of(scope: Scope) -> str | None:
    """`/v1/cases/{case_id}`, once the request was routed; None if no route takes its address.

    FastAPI names in the scope the route as its router declared it: without the prefixes before.
    """
    route: Any = scope.get("route")
    app: Any = scope.get("app")
    if route is None or app is None:
        return None
    if app not in _templates:
        found = iter_route_contexts(app.routes)
        _templates[app] = {id(one.original_route): one.path or "" for one in found}
    return _templates[app].get(id(route), getattr(route, "path", None))

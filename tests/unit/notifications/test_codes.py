"""Whatever reason routing and warranty can publish, customers read a sentence in their language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ciclo_schemas import cases, routing
from ciclo_schemas.events import Event
from ciclo_schemas.registry import EVENTS
from services.notifications.handlers import CONVERSATIONS
from services.notifications.runners.letters import LANGUAGES, Letters

ROOT = Path(__file__).parents[3]
LETTERS = Letters.load()
CODE = re.compile(r"[a-z][a-z0-9_.]{1,59}")
NAMED = {"reason", "reasons"}
NOT_TOLD = {"resume", "resume_customer", "resume_for", "begin", "reject"}
"""Calls whose reason ends a wait or a promise: customers hear what comes instead."""
CLASSIFIER = {"classification.py", "keywords.py", "lexicon.py"}
"""Why a case was classified as it was is for the staff."""
OWN_WORDS = {"customer_confirmed", "no_answer"}
"""Reasons of ends that have messages of their own."""


class Reasons(ast.NodeVisitor):
    """Collects the literal codes that a service's deciders give as reasons."""

    def __init__(self, trees: list[ast.Module]) -> None:
        self.found: set[str] = set()
        self._constants = dict(_constants(trees))
        self._position = dict(_positions(trees))
        for tree in trees:
            self.visit(tree)

    def visit_Call(self, call: ast.Call) -> None:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in NOT_TOLD:
            return
        for keyword in call.keywords:
            if keyword.arg in NAMED:
                self._take(keyword.value)
        place = self._position.get(name)
        if place is not None and place < len(call.args):
            self._take(call.args[place])
        if name == "append" and isinstance(call.func, ast.Attribute) and _is_reasons(call.func.value):
            self._take(call.args[0])
        self.generic_visit(call)

    def visit_Assign(self, assign: ast.Assign) -> None:
        if any(_is_reasons(target) for target in assign.targets):
            self._take(assign.value)
        self.generic_visit(assign)

    def visit_AugAssign(self, assign: ast.AugAssign) -> None:
        if _is_reasons(assign.target):
            self._take(assign.value)
        self.generic_visit(assign)

    def _take(self, value: ast.expr) -> None:
        if isinstance(value, ast.IfExp):
            self._take(value.body)
            self._take(value.orelse)
        elif isinstance(value, ast.BinOp):
            self._take(value.left)
            self._take(value.right)
        elif isinstance(value, ast.Tuple | ast.List):
            for element in value.elts:
                self._take(element)
        elif isinstance(value, ast.Starred):
            self._take(value.value)
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            if CODE.fullmatch(value.value):
                self.found.add(value.value)
        elif isinstance(value, ast.Name) and value.id in self._constants:
            self.found.add(self._constants[value.id])


def _is_reasons(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id in NAMED


def _constants(trees: list[ast.Module]) -> Iterator[tuple[str, str]]:
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                        yield target.id, node.value.value


def _positions(trees: list[ast.Module]) -> Iterator[tuple[str, int]]:
    """Which argument of each function is the reason, `self` left out."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [argument.arg for argument in node.args.args if argument.arg != "self"]
                place = next((names.index(name) for name in names if name in NAMED), None)
                if place is not None:
                    yield node.name, place


def reasons_of(service: str) -> set[str]:
    files = sorted((ROOT / "services" / service / "domain").rglob("*.py"))
    trees = [ast.parse(file.read_text()) for file in files if file.name not in CLASSIFIER]
    return Reasons(trees).found - OWN_WORDS


@pytest.mark.parametrize("service", ["routing", "warranty"])
def test_every_reason_that_a_service_gives_has_a_sentence_in_every_language(service: str) -> None:
    reasons = reasons_of(service)
    assert len(reasons) > 20, "the reasons are found"
    for language in LANGUAGES:
        assert reasons - set(LETTERS.words[language].reasons) == set()


def test_every_rule_for_complaints_in_the_charter_can_be_named() -> None:
    charter = yaml.safe_load((ROOT / "services/routing/charter.yaml").read_text())["complaints"]
    profiles = {charter["house"]["profile"], *(law["profile"] for law in charter["by_law"].values())}
    for language in LANGUAGES:
        assert profiles <= set(LETTERS.words[language].profiles)


SILENT = {
    cases.CaseCancellationRequested,
    cases.CaseResolutionDenied,
    routing.CaseClassified,
    routing.CaseRejected,
    routing.CaseUnknownResolved,
}
"""Their reasons are the customer's, the classifier's, or said in words of their own."""


def test_every_reason_in_the_examples_has_a_sentence() -> None:
    known = set(LETTERS.words[LANGUAGES[0]].reasons) | OWN_WORDS
    for example in sorted((ROOT / "schemas/examples").glob("*/v1/*.json")):
        event = EVENTS[f"ciclo.{example.parts[-3]}.v1"]
        if event in CONVERSATIONS.on and event not in SILENT:
            assert _reasons_in(event.model_validate_json(example.read_text())) <= known, example.name


def _reasons_in(event: Event) -> set[str]:
    held = (*getattr(event, "cannot", ()), *getattr(event, "withheld", ()))
    reason = getattr(event, "reason", None)
    reasons = {*getattr(event, "reasons", ()), *(one.reason for one in held)}
    return reasons if reason is None else {*reasons, reason}

"""Schemathesis against the OpenAPI documents of the four real services: what they answer is what they say.

Examples, boundaries, random and malformed requests; with a key for everything, and with a wrong one. What
happens without any is judged in tests/integration/doors.
`CICLO_OPENAPI_EXAMPLES=500` looks longer, also at requests that follow one another.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.embedded import Servers
from tests.support.four import NAMES, Four, all_four
from tests.support.running import TOKEN

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

EXAMPLES = os.environ.get("CICLO_OPENAPI_EXAMPLES", "2")
PHASES = "examples,coverage,fuzzing" + (",stateful" if "CICLO_OPENAPI_EXAMPLES" in os.environ else "")
WRONG = f"ck_{'0' * 16}_{'x' * 43}"
REFUSED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
"""What can be judged of answers that are all refusals."""


@pytest.fixture(scope="module")
async def four(servers: Servers) -> AsyncIterator[Four]:
    """All four services."""
    async with all_four(servers) as running:
        yield running


async def test_every_answer_is_one_that_the_document_names(four: Four, tmp_path: Path) -> None:
    options = ("--header", f"Authorization: Bearer {TOKEN}", "--phases", PHASES)
    await asyncio.gather(*(_nothing_found(four, service, tmp_path, *options) for service in NAMES))


async def test_so_is_every_answer_to_those_who_may_not_come_in(four: Four, tmp_path: Path) -> None:
    options = ("--header", f"Authorization: Bearer {WRONG}", "--checks", ",".join(REFUSED))
    phases = ("--phases", "examples,fuzzing")
    await asyncio.gather(*(_nothing_found(four, service, tmp_path, *options, *phases) for service in NAMES))


async def _nothing_found(four: Four, service: str, folder: Path, *options: str) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        "run",
        str(four[service].http.base_url.join("/openapi.json")),
        "--max-examples",
        EXAMPLES,
        "--suppress-health-check",
        "all",
        "--continue-on-failure",
        "--no-color",
        "--seed",
        "1",
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    found = (await process.communicate())[0].decode()
    assert process.returncode == 0, found[found.find("FAILURES") :]

"""Where the demo's spans go, and what it says about it."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from demo.processes import Services
from demo.report import Places, show_places
from demo.traces import traces
from deploy.embedded import Servers

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT, raising=False)


def environments(servers: Servers, folder: Path, settings: Mapping[str, str]) -> list[dict[str, str]]:
    """What each of the four services would be told."""
    services = Services(servers, folder, smtp_port=1, say=lambda _: None, settings=settings)
    return [service.environment for service in services.each.values()]


def closing_words(servers: Servers, folder: Path, place: str, *, keep: bool) -> str:
    """What the demo ends with."""
    shown = io.StringIO()
    services = Services(servers, folder, smtp_port=1, say=lambda _: None)
    places = Places(services, servers.kafka, folder, place, "a key")
    show_places(Console(file=shown, width=160), places, keep=keep)
    return shown.getvalue()


def test_a_demo_that_is_kept_shows_its_traces_at_the_address_it_ends_with(
    servers: Servers, tmp_path: Path
) -> None:
    with traces(tmp_path, keep=True) as kept:
        said = closing_words(servers, tmp_path, kept.place, keep=True)
        (address,) = re.findall(r"traces +(http://\S+)", said)
        assert "Last cases" in httpx.get(address, timeout=20).text
        for told in environments(servers, tmp_path, kept.settings):
            assert told[ENDPOINT] == address
            assert told["CICLO_TRACE_URL"] == address + "/traces/{trace_id}"
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, timeout=20)


def test_a_demo_that_is_not_kept_records_nothing(servers: Servers, tmp_path: Path) -> None:
    with traces(tmp_path, keep=False) as none:
        assert all(ENDPOINT not in told for told in environments(servers, tmp_path, none.settings))
    assert not any(tmp_path.glob("*.pid"))
    assert "traces" not in closing_words(servers, tmp_path, none.place, keep=False).split()


@pytest.mark.parametrize("keep", [True, False])
def test_what_the_user_says_about_telemetry_counts_alone(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://collector.example:4318")
    with traces(tmp_path, keep=keep) as his:
        assert his.settings == {}, "services inherit it from the environment"
    assert "sent to http://collector.example:4318" in closing_words(servers, tmp_path, his.place, keep=keep)

"""The command line of `ciclo-reconcile`."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from typing import NoReturn

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ciclo_schemas.envelope import service_of
from services.chassis.reconcile.asking import CannotAsk
from services.chassis.reconcile.looking import Findings, heal, look, peers_at
from services.chassis.reconcile.watching import watch

HEALTHY, MISSING, UNKNOWN = 0, 1, 2
MAX_LINES = 50
PORT = 9109
EPILOG = """settings (environment variables):
  CICLO_RECONCILE_ADMIN_URLS  admin URLs, with commas between them, if none are given as arguments
  CICLO_RECONCILE_KEYS        for --heal: intake=ck_...,routing=ck_...; each made by
                              `python -m services.<name> keys create --holder service/reconcile
                              --scope operations:reemit`

exit codes:
  0  nothing is missing
  1  events are missing, or a source is behind its readers; they are listed
  2  could not tell: a service did not answer, or events were on their way longer than --patience"""


class ReconcileSettings(BaseSettings):
    """What comes from the environment."""

    model_config = SettingsConfigDict(
        env_prefix="CICLO_RECONCILE_", extra="ignore", hide_input_in_errors=True
    )

    admin_urls: str = ""
    keys: SecretStr = Field(SecretStr(""), repr=False)

    def key_by_service(self) -> dict[str, str]:
        """The keys for asking for events once more."""
        pairs = (pair.partition("=") for pair in self.keys.get_secret_value().split(",") if pair)
        return {name.strip(): key.strip() for name, _, key in pairs}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what the command line says, then exit the process."""
    settings = ReconcileSettings()
    parser = _parser()
    asked = parser.parse_args(arguments)
    urls = asked.url or [url.strip() for url in settings.admin_urls.split(",") if url.strip()]
    if len(urls) < 2:
        parser.error("expected the admin URLs of at least two services")
    try:
        sys.exit(asyncio.run(_run(urls, settings.key_by_service(), asked)))
    except KeyboardInterrupt:
        sys.exit(HEALTHY)


async def _run(urls: Sequence[str], keys: dict[str, str], asked: Namespace) -> int:
    async def once() -> Findings:
        async with peers_at(urls) as peers:
            findings = await look(peers, asked.patience)
            if asked.heal and findings.missing:
                _tell(findings)
                lacking = {service_of(one.source) for one in findings.missing} - keys.keys()
                if lacking:
                    raise CannotAsk(f"CICLO_RECONCILE_KEYS has no key for {', '.join(sorted(lacking))}")
                for name, count in (await heal(peers, findings.missing, keys)).items():
                    _say(f"{name} sends {count} events once more")
                findings = await look(peers, asked.patience)
            return findings

    if asked.watch is not None:
        await watch(once, _tell, every=asked.watch, host=asked.host, port=asked.port)
    try:
        findings = await once()
    except CannotAsk as error:
        _tell(error)
        return UNKNOWN
    _tell(findings)
    if findings.missing or findings.ahead:
        return MISSING
    return UNKNOWN if findings.undecided else HEALTHY


def _tell(findings: Findings | CannotAsk) -> None:
    if isinstance(findings, CannotAsk):
        sys.stderr.write(f"could not ask: {findings}\n")
        sys.stderr.flush()
        return
    for line in _lines(findings):
        _say(line)


def _lines(findings: Findings) -> Iterator[str]:
    for one in findings.missing[:MAX_LINES]:
        stretch = str(one.first) if one.first == one.last else f"{one.first}-{one.last}"
        yield f"missing: {one.subject}  {one.source} {stretch}  not applied by {one.reader}"
    if len(findings.missing) > MAX_LINES:
        yield f"... and {len(findings.missing) - MAX_LINES} more stretches"
    for claim in findings.ahead[:MAX_LINES]:
        yield (
            f"source behind: {claim.subject}  {claim.reader} has applied {claim.source} {claim.applied},"
            f" {claim.source} knows {claim.emitted}: was it restored from a backup? It needs a new epoch"
        )
    for where, count in sorted(findings.undecided.items()):
        yield f"on its way: {count} subjects, {where}"
    for progress in findings.progress:
        parked = max(pile.oldest_seconds for pile in progress.backlog.parked.values())
        unsent = progress.backlog.unsent.oldest_seconds
        dead = sum(pile.count for pile in progress.backlog.dead.values())
        ages = f"oldest parked {parked:.0f} s, oldest unsent {unsent:.0f} s"
        yield f"{progress.service}: {ages}, dead letters {dead}"
    yield f"{findings.subjects} subjects of {', '.join(findings.services)} compared: {_verdict(findings)}"


def _verdict(findings: Findings) -> str:
    if findings.missing:
        return f"{findings.events} events are missing"
    if findings.ahead:
        return "a source is behind its readers"
    return "cannot tell yet" if findings.undecided else "nothing is missing"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="ciclo-reconcile",
        description="Is every event that a service published applied by every service that reads it?",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "url", nargs="*", help="admin URL of a service (http://127.0.0.1:9101); give those of all services"
    )
    parser.add_argument(
        "--heal", action="store_true", help="ask the sources to send what is missing once more"
    )
    parser.add_argument(
        "--watch", type=float, metavar="SECONDS", help="look again and again, and serve metrics"
    )
    parser.add_argument("--port", type=int, default=PORT, help="of the metrics (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="of the metrics (default: %(default)s)")
    parser.add_argument(
        "--patience",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="for how long what is on its way may be (default: %(default)g)",
    )
    return parser


if __name__ == "__main__":
    main()

"""The arguments of `deadletters`."""

import getpass
import re
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

EPILOG = """Without a selection, an action that takes one means all dead letters. No value of the data is
shown unless --reveal says so, which needs a --reason. Who did what, and why: table operator_actions.

exit codes: 0 done; 1 failed, or some failed again; 2 wrong arguments, patch or file"""
_DURATION = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def dead_letter_arguments(parser: ArgumentParser) -> None:
    """The actions on dead letters."""
    parser.epilog, parser.formatter_class = EPILOG, RawDescriptionHelpFormatter
    actions = parser.add_subparsers(title="actions", dest="action", required=True, metavar="")
    listing = actions.add_parser("ls", help="list them, oldest first, or count them")
    listing.add_argument("--group-by", choices=("error", "type", "case"), help="one line for each")
    listing.add_argument("--limit", type=_positive, default=100, help="lines (default: %(default)s)")
    _selection(listing)
    showing = actions.add_parser("show", help="everything about one")
    showing.add_argument("id", type=int)
    _reveal(showing)
    testing = actions.add_parser("test", help="decide them with today's code, and roll everything back")
    _ids(testing)
    _audit(testing, reason="a dry run")
    changing = actions.add_parser("transform", help="mend the data of one; the original is kept")
    changing.add_argument("id", type=int)
    how = changing.add_mutually_exclusive_group(required=True)
    how.add_argument("--patch", metavar="FILE", help="JSON Patch (RFC 6902); - reads standard input")
    how.add_argument("--restore", action="store_true", help="put the original back")
    changing.add_argument("--reveal", action="store_true", help="show the values that change")
    _audit(changing)
    redriving = actions.add_parser("redrive", help="decide them again, in their order; what waited goes on")
    _ids(redriving)
    redriving.add_argument("--rate", type=_rate, metavar="N", help="at most so many a second")
    _audit(redriving)
    discarding = actions.add_parser("discard", help="give one up; what waited behind it goes on")
    discarding.add_argument("id", type=int)
    _audit(discarding)
    exporting = actions.add_parser("export", help="write them to a new file, masked unless --reveal")
    exporting.add_argument("file", type=Path)
    exporting.add_argument("--reveal", action="store_true", help="with all values")
    _selection(exporting)
    _audit(exporting)
    importing = actions.add_parser("import", help="take over those of a file; known ones are passed over")
    importing.add_argument("file", type=Path)
    _audit(importing)


def _ids(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=int, nargs="*", help="these; what is gone already is passed over")
    _selection(parser)


def _selection(parser: ArgumentParser) -> None:
    parser.add_argument("--case", type=UUID, help="those of this case (or other aggregate)")
    parser.add_argument("--error", metavar="CAUSE", help="those of this cause: the last column of ls")
    parser.add_argument("--type", help="those of this type of input")
    parser.add_argument(
        "--since", type=_since, help="those that failed first since: 30m, 2h, 3d ago, or 2026-11-21T09:00"
    )


def _reveal(parser: ArgumentParser) -> None:
    parser.add_argument("--reveal", action="store_true", help="with all values; needs a --reason")
    _audit(parser, reason="")


def _audit(parser: ArgumentParser, reason: str | None = None) -> None:
    parser.add_argument("--by", default=getpass.getuser(), help="who does it (default: %(default)s)")
    parser.add_argument("--reason", required=reason is None, default=reason, help="why, for the audit")


def _since(text: str) -> datetime | timedelta:
    """So long ago, or a moment (UTC unless it says otherwise)."""
    ago = _DURATION.fullmatch(text)
    if ago:
        return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("expected 30m, 2h, 3d or 2026-11-21T09:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < float("inf"):
        raise ValueError
    return rate


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number

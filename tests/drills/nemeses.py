"""Every nemesis, in the order in which they are played."""

from tests.drills.against_servers import (
    BackendKills,
    ClockSkew,
    Cut,
    DiskFull,
    KafkaRestart,
    LongTransaction,
    PostgresRestart,
    Resets,
    Silence,
    Slow,
)
from tests.drills.against_services import Backlog, CrashPoints, Freeze, Kill, Rebalances
from tests.drills.in_a_row import InARow
from tests.drills.nemesis import Control, Nemesis

NEMESES: tuple[type[Nemesis], ...] = (
    Control,
    Kill,
    CrashPoints,
    Freeze,
    PostgresRestart,
    BackendKills,
    KafkaRestart,
    InARow,
    Cut,
    Silence,
    Slow,
    Resets,
    Rebalances,
    LongTransaction,
    Backlog,
    DiskFull,
    ClockSkew,
)

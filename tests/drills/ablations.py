"""Guarantees taken out of the services, one at a time: the checker must see each of them missing."""

from dataclasses import dataclass

from demo.processes import NAMES
from services.chassis.crash_points import CrashPoint
from tests.drills.checker import Anomaly
from tests.drills.world import Programs


@dataclass(frozen=True, slots=True)
class Ablation:
    """One guarantee less. `patched` services run with it; `statements` change every database."""

    name: str
    about: str
    shows: Anomaly
    """What the checker must see."""
    patched: bool = True
    statements: tuple[str, ...] = ()
    is_far: bool = True
    """Kafka is far away, so that the outbox holds several events of a case at the same time."""
    dies_at: CrashPoint | None = None
    """Every service dies under load when it first comes here."""
    crowds: bool = False
    """Customers say many things at the same time, at two replicas."""

    @property
    def programs(self) -> Programs:
        """How the services are run."""
        if not self.patched:
            return {}
        return {name: ("-m", "tests.drills.ablated", self.name, name) for name in NAMES}


ABLATIONS: tuple[Ablation, ...] = (
    Ablation("skip-locked-relay", "the relay's workers claim rows with SKIP LOCKED", Anomaly.NONMONOTONIC),
    Ablation(
        "sequence-cache",
        "every session draws 32 ids of the outbox at once",
        Anomaly.LOST,
        patched=False,
        statements=("ALTER TABLE outbox ALTER COLUMN id SET CACHE 32",),
    ),
    Ablation(
        "id-before-lock",
        "the outbox's ids are drawn before the aggregate is locked",
        Anomaly.NONMONOTONIC,
        crowds=True,
    ),
    Ablation(
        "offset-first",
        "the offsets are committed before the database's transaction",
        Anomaly.UNSEEN,
        is_far=False,
        dies_at=CrashPoint.CONSUMER_AFTER_OFFSETS,
    ),
)

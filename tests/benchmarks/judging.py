"""What must hold when everybody has done his part: in the databases, on every topic, in the letter boxes."""

from collections import Counter
from collections.abc import Callable, Mapping

from tests.benchmarks.audit import Audit
from tests.benchmarks.measure import Databases
from tests.benchmarks.meter import Meter
from tests.benchmarks.report import Report


async def judge(meter: Meter, report: Report, kafka: str, say: Callable[[str], None]) -> None:
    """Measure and judge what is left behind, then every record of every topic."""
    ledger, databases = meter.ledger, meter.databases
    report.cpu_s = {name: round(spent, 2) for name, spent in meter.cpu().items()}
    meter.look()
    report.peak_mb = {name: round(each.peak_mb, 1) for name, each in meter.last.items()}
    report.opened, report.ended = ledger.opened, ledger.ended
    report.time([case.ended_at - case.opened_at for case in ledger.cases.values() if case.ended_at])
    report.faults += ledger.faults
    report.judge_memory()
    await _judge_databases(databases, report, report.cases)
    stuck = ledger.stuck()
    if stuck or ledger.ended < report.cases:
        paths = Counter(case.plan.path.value for case in stuck)
        such = [case.case_id for case in stuck[:3]]
        report.faults.append(
            f"{report.cases - ledger.ended} cases did not end: {dict(paths)}, such as {such}"
        )
    say("reading every topic once more")
    audit = Audit()
    await audit.read(kafka)
    audit.conclude(ledger.cases.values())
    report.records, report.events = dict(audit.records), dict(audit.events)
    report.redelivered = audit.redelivered
    report.mails_told = audit.total("notification.sent")
    report.faults += [f"{count} x {what}: {audit.examples[what]}" for what, count in audit.faults.items()]
    for name, recorded in (await databases.events()).items():
        if recorded != audit.events[name]:
            report.faults.append(f"{name} recorded {recorded} events, {audit.events[name]} are on its topic")


async def _judge_databases(databases: Databases, report: Report, cases: int) -> None:
    report.queues, report.timers_left = await databases.queues(), await databases.timers()
    for name, queues in report.queues.items():
        report.faults += [f"{count} left in {queue} of {name}" for queue, count in queues.items() if count]
    overdue = await databases.overdue_timers()
    report.faults += [f"{count} timers of {name} are overdue" for name, count in overdue.items() if count]
    stages = await databases.stages()
    if stages != {"closed": cases}:
        report.faults.append(f"routing's cases stand at {stages}, not all {cases} closed")


def judge_mails(report: Report, counts: Mapping[str, int]) -> None:
    """As many mails as messages, none twice."""
    report.mails = counts["mails"]
    if counts["mails"] != counts["message_ids"]:
        report.faults.append(f"{counts['mails']} mails with {counts['message_ids']} Message-IDs")
    if counts["message_ids"] != report.mails_told:
        report.faults.append(
            f"{report.mails_told} notification.sent, but {counts['message_ids']} messages arrived"
        )

"""Every metric that all services have. Served as /metrics on the admin port, never on the public one.

Names are those of OpenTelemetry's semantic conventions 1.44, as Prometheus writes them, where there is one;
docs/metrics.md is made of this list and of the services' own.
"""

from functools import partial
from typing import Final

from prometheus_client import GCCollector, ProcessCollector

from services.chassis.backlog import REASONS
from services.chassis.decider import Origin
from services.chassis.inputs import Fate
from services.chassis.meters import REGISTRY, Across, Label, counter, gauge, histogram

QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds that the conventions advise for HTTP and messaging."""
OF_DATABASE: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
"""Bounds that the conventions advise for databases."""
UNTIL_HANDLED: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21600)
RELEASED: Final = "released"

_alike = partial(gauge, across=Across.MAX)
"""A gauge of what is in the database: every replica shows the same."""

_BROKER = Label("messaging_system", ("kafka",))
_TOPIC = Label("messaging_destination_name", bound="the topics that the service reads or writes")
_GROUP = Label("messaging_consumer_group_name", bound="the service's group")
_PARTITION = Label("messaging_destination_partition_id", bound="the partitions that the replica reads")
_ERROR = Label("error_type", bound="names of errors; empty without one")
_POOL = Label("db_client_connection_pool_name", bound="the service's name")

HTTP_SECONDS = histogram(
    "http_server_request_duration_seconds",
    "Requests: how many, what was answered, how long it took; probes and the admin port included",
    Label("http_request_method", ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")),
    Label("http_route", bound="the templates of the routes; empty for an address that is none"),
    Label("http_response_status_code", bound="the status codes that services answer with"),
    Label("url_scheme", ("http", "https")),
    Label("error_type", bound="the status code from 500 on; cut without an answer; else empty"),
    buckets=QUICK,
    most=400,
)

CONSUMED = counter(
    "messaging_client_consumed_messages",
    "Records that Kafka delivered, repeated ones included",
    *(_BROKER, Label("messaging_operation_name", ("poll",)), _TOPIC, _GROUP),
    unit="messages",
    most=20,
)
PROCESS_SECONDS = histogram(
    "messaging_process_duration_seconds",
    "Attempts to apply a batch of records, with the commit of its transaction; once for each of its topics",
    *(_BROKER, Label("messaging_operation_name", ("process",)), _TOPIC, _GROUP, _ERROR),
    buckets=QUICK,
    most=60,
)
SENT = counter(
    "messaging_client_sent_messages",
    "Events handed to the broker; with an error_type those that it did not acknowledge",
    *(_BROKER, Label("messaging_operation_name", ("send",)), _TOPIC, _ERROR),
    unit="messages",
    most=60,
)
CLIENT_SECONDS = histogram(
    "messaging_client_operation_duration_seconds",
    "Calls to the broker: batches of events sent, for each of their topics; offsets committed, for all",
    _BROKER,
    Label("messaging_operation_name", ("send", "commit")),
    Label("messaging_operation_type", ("send", "settle")),
    *(_TOPIC, _ERROR),
    buckets=QUICK,
    most=60,
)
DELIVERY = histogram(
    "ciclo_event_delivery_seconds",
    "From when an event of another service occurred until it was decided here, waits for order included",
    _TOPIC,
    buckets=UNTIL_HANDLED,
    most=20,
)
LAG = gauge(
    "ciclo_consumer_lag_messages",
    "Records of the replica's partitions that are not applied yet, as far as Kafka has told",
    *(_TOPIC, _PARTITION),
    unit="messages",
    most=500,
)
LAG_SECONDS = gauge(
    "ciclo_consumer_lag_seconds",
    "How old the oldest of them is; 0 when there is none",
    *(_TOPIC, _PARTITION),
    unit="seconds",
    most=500,
)
PROGRESS = _alike(
    "ciclo_consumer_last_progress_timestamp_seconds",
    "When the replica last applied records; 0 before the first. Stale and a lag: the consumer stands still",
    unit="seconds since 1970",
)
PRODUCERS = counter(
    "ciclo_producers_made",
    "Kafka producers made; beyond the first, each because the one before failed",
    unit="producers",
)

DATABASE_SECONDS = histogram(
    "db_client_operation_duration_seconds",
    "Statements sent to PostgreSQL",
    Label("db_system_name", ("postgresql",)),
    Label("db_query_summary", bound="verb and table of the statements in the code, or how many tables"),
    _ERROR,
    buckets=OF_DATABASE,
    most=300,
)
POOL_WAIT = histogram(
    "db_client_connection_wait_time_seconds",
    "How long batches waited for a connection",
    _POOL,
    buckets=OF_DATABASE,
    most=10,
)
POOL_TIMEOUTS = counter(
    "db_client_connection_timeouts", "Batches that got no connection in time", _POOL, unit="timeouts", most=10
)
POOL_COUNT = gauge(
    "db_client_connection_count",
    "Connections of the pool",
    *(_POOL, Label("db_client_connection_state", ("idle", "used"))),
    unit="connections",
    most=20,
)
POOL_MAX = gauge(
    "db_client_connection_max", "Connections that the pool may have", _POOL, unit="connections", most=10
)

INPUTS = counter(
    "ciclo_inputs",
    "Inputs by how they came and what became of them. `duplicate`: dropped, it had come before; `released`: "
    "it had been parked and went on",
    Label("origin", tuple(origin.value for origin in Origin)),
    Label("fate", (*(fate.value for fate in Fate), RELEASED)),
    unit="inputs",
)
BATCH_SECONDS = histogram(
    "ciclo_batch_seconds",
    "Time to decide and commit one batch of inputs",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
BATCH_INPUTS = histogram(
    "ciclo_batch_inputs",
    "Inputs in one batch",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
    unit="inputs",
)

UNSENT = _alike(
    "ciclo_outbox_events",
    "Events that the broker has not acknowledged yet",
    unit="events",
)
UNSENT_OLDEST = _alike(
    "ciclo_outbox_oldest_seconds",
    "For how long the oldest of them has waited",
    unit="seconds",
)
REEMITTED = counter(
    "ciclo_reemitted_events", "Events put into the outbox once more, on request", unit="events"
)
_REASON = Label("reason", REASONS)
PARKED = _alike(
    "ciclo_parked_inputs",
    "Inputs that cannot be decided yet",
    _REASON,
    unit="inputs",
)
PARKED_OLDEST = _alike(
    "ciclo_parked_oldest_seconds",
    "For how long the oldest of them has waited",
    _REASON,
    unit="seconds",
)
_BLOCKING = Label("blocking", ("true", "false"))
DEAD = _alike(
    "ciclo_dead_letters",
    "Inputs whose decision failed; a blocking one holds back the later inputs of its aggregate",
    _BLOCKING,
    unit="inputs",
)
DEAD_OLDEST = _alike(
    "ciclo_dead_letters_oldest_seconds",
    "How long ago the oldest of them failed first",
    _BLOCKING,
    unit="seconds",
)
OVERDUE = _alike(
    "ciclo_timers_overdue",
    "Timers whose moment has come and that nobody has taken yet",
    unit="timers",
)
OVERDUE_OLDEST = _alike(
    "ciclo_timers_overdue_oldest_seconds",
    "For how long the oldest of them is due",
    unit="seconds",
)
_EFFECT = Label("kind", bound="the service's outside calls")
OWED = _alike(
    "ciclo_effects_owed",
    "Outside calls that are owed, those that wait to be tried again included",
    _EFFECT,
    unit="calls",
    most=20,
)
OWED_OLDEST = _alike(
    "ciclo_effects_overdue_oldest_seconds",
    "For how long the oldest of them is due; 0 when none is",
    _EFFECT,
    unit="seconds",
    most=20,
)

PART_PROBLEM = _alike(
    "ciclo_part_problem",
    "1 while a part of the service cannot do its work; /readyz says why",
    Label("part", bound="the parts of the service"),
    unit="",
    most=40,
)
LOOP_LAG = histogram(
    "ciclo_event_loop_lag_seconds",
    "How late the event loop comes back to a task that slept",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SPANS_DROPPED = counter(
    "ciclo_telemetry_spans_dropped",
    "Spans that no collector got",
    Label("reason", ("queue_full", "export_failed", "shutdown")),
    unit="spans",
)
SOURCE_UP = gauge(
    "ciclo_scrape_source_up",
    "Whether what /metrics shows from there is known now; if not, those metrics are absent",
    Label("source", ("backlog", "service")),
    unit="",
)
BUILD = _alike(
    "ciclo_build_info",
    "Always 1; which release runs",
    *(Label("service", bound="its name"), Label("release", bound="one for each build")),
    unit="",
    most=10,
)

# What the operating system and Python say of the process: process_*, python_gc_*.
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

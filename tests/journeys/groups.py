"""What Kafka knows of the services' groups, asked by an outsider."""

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

Offsets = dict[tuple[str, int], int]
"""By topic and partition."""


def applied(admin: AdminClient, name: str, seconds: float) -> Offsets:
    """How far a service has read each partition, where it has read any. Raises KafkaException in time."""
    [asked] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(f"ciclo-{name}")]).values()
    found = asked.result(seconds).topic_partitions
    return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}

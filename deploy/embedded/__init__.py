"""The embedded runtime: real Apache Kafka and PostgreSQL from jars and wheels, for development and tests."""

from deploy.embedded.errors import CannotStart
from deploy.embedded.runtime import Servers, running

__all__ = ["CannotStart", "Servers", "running"]

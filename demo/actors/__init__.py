"""The people and systems around Ciclo. They use public doors only, and react to what they see there."""

from demo.actors.customer import Case, Customer
from demo.actors.outside import Crm, Erp, Logistics, Workshop
from demo.actors.staff import Agent

__all__ = ["Agent", "Case", "Crm", "Customer", "Erp", "Logistics", "Workshop"]

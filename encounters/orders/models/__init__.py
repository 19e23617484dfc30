"""Nouns of orders: what is ordered, what may be ordered, what was said about it."""

from encounters.orders.models.answers import CheckAnswer, RepeatDecision
from encounters.orders.models.catalogue import (
    DatedRow,
    KnowledgeRule,
    OrderableService,
    OrderSet,
    OrderSetLine,
    ReuseWindow,
)
from encounters.orders.models.orders import MedicationRequest, Order, ServiceRequest
from encounters.orders.models.refusals import OrderRefusal

__all__ = [
    "CheckAnswer",
    "DatedRow",
    "KnowledgeRule",
    "MedicationRequest",
    "Order",
    "OrderRefusal",
    "OrderSet",
    "OrderSetLine",
    "OrderableService",
    "RepeatDecision",
    "ReuseWindow",
    "ServiceRequest",
]

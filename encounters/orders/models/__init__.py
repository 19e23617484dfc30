"""Nouns of orders: what is ordered, what may be ordered, what was said about it."""

from encounters.orders.models.answers import CheckAnswer, RepeatDecision
from encounters.orders.models.catalogue import (
    DatedRow,
    KnowledgeRule,
    OrderableService,
    OrderSet,
    OrderSetLine,
    OrderSetVersion,
    PrescriptionLimit,
    ReuseWindow,
)
from encounters.orders.models.orders import MedicationRequest, Order, ServiceRequest
from encounters.orders.models.pharmacy import PharmacyComment, PharmacyReview
from encounters.orders.models.prescriptions import PrescriptionLine
from encounters.orders.models.refusals import OrderRefusal
from encounters.orders.models.spoken import SpokenOrder

__all__ = [
    "CheckAnswer",
    "DatedRow",
    "KnowledgeRule",
    "MedicationRequest",
    "Order",
    "OrderRefusal",
    "OrderSet",
    "OrderSetLine",
    "OrderSetVersion",
    "OrderableService",
    "PharmacyComment",
    "PharmacyReview",
    "PrescriptionLimit",
    "PrescriptionLine",
    "RepeatDecision",
    "ReuseWindow",
    "ServiceRequest",
    "SpokenOrder",
]

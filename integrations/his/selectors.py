"""Questions about who keeps what, and about the HIS's channels."""

from collections.abc import Iterable
from typing import TypeAlias

from django.db import models

from emr.common import masters
from encounters.orders.models import Order
from encounters.visits.models import Encounter
from integrations.his.models import Freshness, Master
from integrations.transport.models import Channel
from patients.registry.access import same_person_ids
from patients.registry.models import Patient

Keeper: TypeAlias = Master.Keeper
Matter: TypeAlias = Master.Matter
HIS = "HIS"


def usual(matter: str) -> Keeper:
    """Who keeps a matter while nobody has said: orders are placed here, fields are whoever's news is newer."""
    return Keeper.EMR if matter.startswith(masters.ORDER) else Keeper.BOTH


def masters_of(facility_id: int) -> dict[str, Keeper]:
    """{matter: who keeps it}, every matter. One query."""
    said: dict[str, str] = dict(
        Master.objects.filter(facility_id=facility_id).values_list("matter", "keeper")
    )
    return {str(matter): Keeper(said.get(matter, usual(matter))) for matter in Matter.values}


def keeper_of(facility_id: int, matter: str) -> Keeper:
    """Who keeps one matter. One query."""
    said = (
        Master.objects.filter(facility_id=facility_id, matter=matter).values_list("keeper", flat=True).first()
    )
    return Keeper(said) if said else usual(matter)


def kept_elsewhere(facility_id: int, matter: str, about: models.Model | None) -> str:
    """For `emr.common.masters`: "HIS" where the HIS keeps the matter.

    A person of whom the HIS has told nothing yet (registered here at night) is still corrected here.
    """
    if keeper_of(facility_id, matter) != Keeper.HIS:
        return ""
    if isinstance(about, Patient) and not _is_told(Freshness.Subject.PATIENT, same_person_ids(about)):
        return ""
    if matter == Matter.DIAGNOSES and isinstance(about, Encounter):
        return HIS if _is_told(Freshness.Subject.ENCOUNTER, [about.pk]) else ""
    return HIS


def _is_told(subject: str, ids: Iterable[int]) -> bool:
    return Freshness.objects.filter(subject=subject, subject_id__in=ids).exists()


def is_of_the_his(order: Order) -> bool:
    """Whether the HIS placed the order, or reported it as one that it added. One query for an order that isn't ours."""
    if not order.origin:
        return False
    incoming = Channel.objects.filter(facility_id=order.facility_id, direction=Channel.Direction.IN)
    return incoming.filter(performs=Channel.Performs.HIS, sending_application=order.origin).exists()


def his_channels(facility_id: int) -> list[Channel]:
    """The facility's enabled channels to its HIS (paused ones too: they queue)."""
    found = Channel.objects.filter(
        facility_id=facility_id,
        performs=Channel.Performs.HIS,
        direction=Channel.Direction.OUT,
        is_enabled=True,
    )
    return list(found.order_by("pk"))

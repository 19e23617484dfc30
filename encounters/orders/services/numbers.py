"""Numbers of confirmed orders: the placer's, and an image's accession number."""

from django.db import connection

from emr.common.clock import local_today
from encounters.orders.models import MedicationRequest, ServiceRequest

_DIGITS = 7  # ten million orders a year and series
_TAKE = """
INSERT INTO registry_numberseries (uuid, facility_id, system, last) VALUES (gen_random_uuid(), %s, %s, 1)
ON CONFLICT (facility_id, system) DO UPDATE SET last = registry_numberseries.last + 1 RETURNING last
"""


def take_number(facility_id: int, series: str, letters: str) -> str:
    """The next number of a facility's series this year: letters, two digits of the year, seven of the count."""
    year = local_today().year % 100
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [facility_id, f"{series}:{year:02d}"])
        return f"{letters}{year:02d}{int(cursor.fetchone()[0]):0{_DIGITS}d}"


def give_numbers(order: MedicationRequest | ServiceRequest) -> None:
    """Set the numbers that an order in effect has: "YL260000012", and "CD260000003" for an image. Not saved.

    HL7 v2.5 ORC-2 holds 22 characters of an entity identifier in older receivers; DICOM's accession number 16.
    """
    if not order.placer_number:
        order.placer_number = take_number(order.facility_id, "order", "YL")
    if (
        isinstance(order, ServiceRequest)
        and order.category == ServiceRequest.Category.IMAGING
        and not order.accession_number
    ):
        order.accession_number = take_number(order.facility_id, "accession", "CD")

"""The head of every print: whose it is, where, under which numbers. Frozen with what is printed."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.common.vietnamese import fold
from encounters.documents.models import Document
from encounters.visits.models import Encounter, EncounterLocation
from patients.registry import systems
from patients.registry.age import age_of, birth_text
from patients.registry.models import Identifier, Patient

# The corner of a record (Annex XXVIII) and that of a form (Annex XXIX); what isn't known yet is a dotted line.
_RECORD_NUMBERS = ("Số lưu trữ", "Mã YT", "Mã người bệnh", "Mã HSBA", "Số vào viện")
_FORM_NUMBERS = ("Số vào viện", "Mã người bệnh", "Mã điều trị")
Pairs = list[list[str]]


def verify_address(code: str) -> str:
    """Where a printed code leads; the host is the hospital's own."""
    host = settings.EMR_PUBLIC_URL.rstrip("/")
    try:
        return host + reverse("signatures:verification:code", args=[code])
    except NoReverseMatch:
        return f"{host}/verify/{code}/"


def bare(name: str, *kinds: str) -> str:
    """A place's name without the word that its label says already: "Buồng 1" after "Buồng:" is "1"."""
    kind, _space, rest = name.partition(" ")
    return rest if rest and fold(kind) in kinds else name


def place_at(places: Iterable[EncounterLocation], at: dt.datetime) -> tuple[str, str]:
    """(room, bed) at a moment, without the words "room" and "bed"; `places` in order of time."""
    stay = next((place for place in reversed(list(places)) if place.starts_at <= at), None)
    if stay is None or stay.location is None:
        return "", stay.location_as_sent if stay else ""
    room = stay.location.parent.name if stay.location.parent else ""
    return bare(room, "buong", "phong"), bare(stay.location.name, "giuong")


def places_of(encounter: Encounter) -> list[EncounterLocation]:
    """Where the patient was, in order; one query."""
    return list(
        encounter.locations.filter(cancelled_at=None)
        .select_related("location__parent")
        .order_by("starts_at", "pk")
    )


def numbers(encounter: Encounter, code: str) -> Pairs:
    """The numbers in the form's corner, with their labels, in the order of the official form; one query (R-12)."""
    own = systems.mrn(encounter.facility)
    # A merged patient goes by the survivor's numbers.
    rows = Identifier.objects.filter(
        patient_id=encounter.patient.root_id, system__in=[own, systems.HEALTH_CODE], is_active=True
    )
    values = dict(rows.order_by("-pk").values_list("system", "value"))
    known = {
        "Số lưu trữ": encounter.archive_number,
        "Mã YT": values.get(systems.HEALTH_CODE, ""),
        "Mã người bệnh": values.get(own, ""),
        "Mã HSBA": encounter.identifier,
        "Mã điều trị": encounter.identifier,
        "Số vào viện": encounter.admission_number,
    }
    return [[label, known[label]] for label in (_RECORD_NUMBERS if code.endswith("/BV1") else _FORM_NUMBERS)]


def person(encounter: Encounter, on: dt.date) -> Pairs:
    """Name, birth, age on that day, sex: the first line of every form."""
    return person_of(encounter.patient, on)


def person_of(patient: Patient, on: dt.date) -> Pairs:
    """The same of somebody who has no stay."""
    return [
        ["Họ và tên", patient.full_name.upper()],
        ["Ngày sinh", birth_text(patient)],
        ["Tuổi", str(age_of(patient, on) or "").removesuffix(" tuổi")],
        ["Giới", str(patient.get_sex_display())],
    ]


def heading(
    document: Document, *, title: str, number: int, verify_code: str, questionnaire_version: str
) -> dict[str, Any]:
    """Everything above the body of a print, as text, in Vietnamese (the language of the official forms)."""
    with override("vi"):
        encounter, facility = document.encounter, document.facility
        room, bed = place_at(places_of(encounter), document.happened_at)
        where = [["Khoa", bare(document.department.name, "khoa")], ["Buồng", room], ["Giường", bed]]
        # A record's own first part says who the patient is.
        is_record = document.code.endswith("/BV1")
        who = [] if is_record else [person(encounter, timezone.localdate(document.happened_at))]
        return {
            "title": title,
            "form_code": document.code,
            "authority": facility.authority,
            "facility": facility.name,
            "department": document.department.name,
            "record_number": encounter.admission_number or encounter.identifier,
            "version_text": _("version %(number)d") % {"number": number} + f" · {questionnaire_version}",
            "numbers": numbers(encounter, document.code),
            "identity": [*who, where],
            "verify_text": verify_address(verify_code),
        }

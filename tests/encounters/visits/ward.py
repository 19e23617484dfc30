"""A small hospital with beds: two wards and an emergency room, and verbs short enough for tests."""

import datetime as dt
from typing import Any

from django.test import Client
from django.urls import reverse

from emr.accounts.models import Location, Organization, User
from emr.common.clock import now
from emr.terminology.models import CodeSystem, Concept
from emr.terminology.text import search_text
from encounters.visits import services
from encounters.visits.models import Encounter
from patients.registry.models import Patient
from tests.emr.people import make_department, make_facility
from tests.patients.people import make_patient

INTERNAL, SURGERY, EMERGENCY = ("K03", "Khoa Nội"), ("K19", "Khoa Ngoại"), ("K02", "Khoa Hồi sức cấp cứu")


def department(which: tuple[str, str] = INTERNAL) -> Organization:
    """A department of the facility."""
    return make_department(make_facility(), *which)


def make_bed(code: str = "01", which: tuple[str, str] = INTERNAL, **known: Any) -> Location:
    """A bed in room 101 of the department; the same one when it is there."""
    place = department(which)
    room, _ = Location.objects.get_or_create(
        facility=make_facility(),
        department=place,
        code="P101",
        defaults={"kind": Location.Kind.ROOM, "name": "Phòng 101"},
    )
    return Location.objects.get_or_create(
        facility=make_facility(),
        department=place,
        code=code,
        defaults={"kind": Location.Kind.BED, "name": f"Giường {code}", "parent": room, **known},
    )[0]


def ago(**units: float) -> dt.datetime:
    """An instant in the past: ago(hours=3)."""
    return (now() - dt.timedelta(**units)).replace(microsecond=0)


def admit(patient: Patient | None = None, **told: Any) -> Encounter:
    """Bà Đào (or whoever) admitted to internal medicine, without a bed unless one is named."""
    told = {"department": department(), "by": None} | told
    return services.admit(patient=patient or make_patient(), **told)


def visit(patient: Patient | None = None, **told: Any) -> Encounter:
    """An emergency visit."""
    told = {"department": department(EMERGENCY), "by": None, "encounter_class": "EMER"} | told
    return services.start_visit(patient=patient or make_patient(), **told)


def discharge(encounter: Encounter, **told: Any) -> Encounter:
    """Home, improved."""
    told = {"by": None, "outcome": "2", "disposition": "home"} | told
    return services.discharge(encounter=encounter, **told)


def know(code: str, display: str, *flags: str, system: str = "icd10") -> None:
    """Put one code into a catalogue, with the ministry's flags."""
    holder, _ = CodeSystem.objects.get_or_create(
        code=system, defaults={"title": system, "url": f"urn:test:{system}"}
    )
    Concept.objects.create(
        system=holder,
        code=code,
        display=display,
        search_text=search_text(code, display, ""),
        properties=dict.fromkeys(flags, True),
    )


def signed_in(user: User) -> Client:
    """A browser in which the person has signed in."""
    client = Client()
    client.force_login(user)
    return client


def page(name: str, *args: Any) -> str:
    """The address of one of this room's pages."""
    return reverse(f"encounters:visits:{name}", args=args)

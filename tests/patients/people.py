"""Patients of the smallest believable hospital: Bà Đào, whom everybody knows, and whoever a test asks for."""

import datetime as dt
from typing import Any

from emr.accounts.models import Organization, User
from patients.registry import permissions
from patients.registry.access import patients_for, reaches
from patients.registry.models import CareContext, Patient
from patients.registry.services import open_care, register_patient
from tests.emr.people import make_department, make_facility, make_user


def make_clerk(username: str = "dung", full_name: str = "Phạm Thị Dung") -> User:
    """Dung, the registration clerk."""
    return make_user(
        username, full_name, "registration", make_department(make_facility(), "K01", "Khoa Khám bệnh")
    )


def make_patient(full_name: str = "Nguyễn Thị Đào", **known: Any) -> Patient:
    """A patient with the smallest set of facts; bà Đào unless named."""
    facility = known.pop("facility", None) or make_facility()
    if not {"birth_date", "birth_year"} & set(known):
        known["birth_date"] = dt.date(1957, 3, 14)
    known = {"sex": "female", "by": None, "another_person": True} | known
    return register_patient(facility=facility, full_name=full_name, **known)


def in_care_of(patient: Patient, department: Organization, **when: Any) -> CareContext:
    """The department cares for the patient."""
    return open_care(patient=patient, department=department, source="test:1", **when)


def seen_by(user: User, right: str = permissions.READ) -> set[Patient]:
    """Whom the person reaches: listing them and asking one by one must say the same."""
    listed = set(patients_for(user, right))
    one_by_one = {each for each in Patient.objects.all() if reaches(user, each, right, with_emergency=True)}
    assert listed == one_by_one
    return listed

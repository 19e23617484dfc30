"""A line onto the record, by the services that the pages use; found there already, it changes nothing."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.common.errors import DomainError
from emr.common.vietnamese import fold
from encounters.visits import codes
from encounters.visits import services as visits
from encounters.visits.models import Encounter
from integrations.loading import reading
from integrations.loading.models import FirstLoad, LoadLine, PastStay
from integrations.loading.services.checking import (
    House,
    Plan,
    Remark,
    different,
    digest,
    house_of,
    patients_by_number,
    told_before,
)
from patients.registry import services as registry
from patients.registry import systems
from patients.registry.models import Patient

Result = LoadLine.Result
_NO_BED = {"bed_taken", "bed_out_of_use", "bed_elsewhere"}


class Chunk:
    """What the lines of one transaction share."""

    def __init__(self, load: FirstLoad, lines: list[LoadLine]) -> None:
        self.load = load
        self._house: House | None = None
        numbers = [_patient_number(load, line) for line in lines]
        self.people = patients_by_number(load, numbers)
        self.before = told_before(load, [line.key for line in lines]) if load.kind == "history" else {}

    @property
    def house(self) -> House:
        """Departments and beds."""
        self._house = self._house or house_of(self.load)
        return self._house

    def apply(self, line: LoadLine) -> Plan:
        """What the line did. Raises DomainError."""
        act = {"patients": self._patient, "stays": self._stay, "history": self._past}[self.load.kind]
        return act(line)

    def _patient(self, line: LoadLine) -> Plan:
        return self._keep(line.key, line.values)

    def _keep(self, number: str, values: dict[str, str]) -> Plan:
        person = reading.person_of(values)
        patient = self.people.get(number)
        numbers, remarks = _numbers(values)
        if patient is None:
            patient = registry.register_patient(
                facility=self.load.facility,
                by=self.load.by,
                mrn=number,
                numbers=numbers,
                another_person=True,  # the HIS knows; what looks alike is shown to the records staff
                **person,
            )
            self.people[number] = patient
            return Plan(Result.CREATE, remarks)
        for shown in numbers:
            try:
                with transaction.atomic():
                    registry.add_identifier(
                        patient=patient, system=shown.system, value=shown.value, by=self.load.by
                    )
            except DomainError as refusal:
                remarks.append(("number_left_out", {"text": str(refusal)}))
        if not different(patient, person):
            return Plan(Result.SAME, remarks)
        self.people[number] = registry.update_patient(
            patient=patient, by=self.load.by, version=None, **person
        )
        return Plan(Result.CHANGE, remarks)

    def _stay(self, line: LoadLine) -> Plan:
        values = line.values
        patient = self.people.get(values["mrn"].upper().replace(" ", ""))
        if patient is None:
            return Plan(Result.ERROR, [("unknown_patient", {"number": values["mrn"]})])
        stays = Encounter.objects.filter(facility_id=self.load.facility_id).select_related("patient")
        known = stays.filter(identifier=line.key).first()
        if known is not None:
            if known.patient.root_id != patient.root_id:
                return Plan(Result.ERROR, [("other_patient", {})])
            return Plan(Result.SAME, [] if known.is_open else [("ended_here", {})])
        plan = Plan(Result.CREATE)
        began = reading.moment(values["began"])
        department = self.house.departments.get(values["department"].casefold())
        wanted = values.get("bed", "")
        bed = self.house.beds.get((department.pk, wanted.casefold())) if department and wanted else None
        if department is None:
            plan.remarks.append(("department", {"code": values["department"]}))
        if wanted and bed is None:
            plan.remarks.append(("bed", {"code": wanted}))
        shared: dict[str, Any] = {
            "patient": patient,
            "department": department,
            "department_as_sent": "" if department else values["department"][:100],
            "by": self.load.by,
            "at": began,
            "identifier": line.key,
            "attending": self._doctor(values.get("doctor", ""), plan.remarks),
            "late_reason": self._why_late(),
        }
        kind = reading.CLASSES[fold(values.get("kind", ""))]

        def arrive(**place: Any) -> Encounter:
            if kind == codes.EncounterClass.INPATIENT:
                return visits.admit(**shared, **place)
            return visits.start_visit(encounter_class=kind, **shared, **place)

        try:
            with transaction.atomic():
                stay = arrive(bed=bed, location_as_sent="" if bed else wanted[:100])
        except DomainError as refusal:
            if bed is None or refusal.code not in _NO_BED:
                raise
            plan.remarks.append(("bed_taken", {"code": wanted}))
            stay = arrive(bed=None, location_as_sent=wanted[:100])
        self._diagnose(stay, values, plan.remarks)
        return plan

    def _why_late(self) -> str:
        return _("First load from %(file)s") % {"file": self.load.file_name}

    def _doctor(self, code: str, remarks: list[Remark]) -> User | None:
        if not code:
            return None
        staff = User.objects.filter(facility_id=self.load.facility_id, is_active=True)
        found = staff.filter(staff_code=code).first() or staff.filter(licence_number=code).first()
        if found is None:
            remarks.append(("doctor", {"code": code[:60]}))
        return found

    def _diagnose(self, stay: Encounter, values: dict[str, str], remarks: list[Remark]) -> None:
        code, text = values.get("diagnosis_code", ""), values.get("diagnosis", "")
        if not code and not text:
            return
        told: dict[str, Any] = {
            "encounter": stay,
            "role": codes.DiagnosisRole.ADMISSION,
            "by": self.load.by,
            "at": stay.begins_at,
            "late_reason": self._why_late(),
        }
        try:
            with transaction.atomic():
                visits.record_diagnosis(code=code, text=text, **told)
        except DomainError as refusal:
            if refusal.code != "code_refused":
                remarks.append(("diagnosis", {"text": str(refusal)}))
                return
            visits.record_diagnosis(code="", text=f"{text} ({code})".strip(), **told)

    def _past(self, line: LoadLine) -> Plan:
        content = line.values["content"]
        summary = content["XML1"]
        number = summary["MA_BN"].upper().replace(" ", "")
        remarks: list[Remark] = []
        if number not in self.people:
            remarks.append(("new_patient", {}))
            remarks += self._keep(number, _values_of(summary)).remarks
        patient: Patient = self.people[number]
        former, told = self.before.get(line.key), digest(content)
        if former is not None and former.sha256 == told:
            return Plan(Result.SAME, remarks)
        PastStay.objects.create(
            facility_id=self.load.facility_id,
            patient=patient,
            number=line.key,
            version=former.version + 1 if former is not None else 1,
            began_at=reading.moment_of_day(summary["NGAY_VAO"]),
            ended_at=reading.day_or_moment(summary.get("NGAY_RA", "")),
            care_type=summary.get("MA_LOAI_KCB", "")[:2],
            diagnosis_code=summary.get("MA_BENH_CHINH", "")[:20],
            diagnosis_text=summary.get("CHAN_DOAN_RV", ""),
            content=content,
            sha256=told,
            load=self.load,
        )
        return Plan(Result.CREATE if former is None else Result.CHANGE, remarks)


def _patient_number(load: FirstLoad, line: LoadLine) -> str:
    if load.kind == FirstLoad.Kind.HISTORY:
        found = line.values.get("content", {}).get("XML1", {}).get("MA_BN", "")
    else:
        found = line.values.get("mrn", "")
    return str(found).upper().replace(" ", "")


def _values_of(summary: dict[str, str]) -> dict[str, str]:
    """XML1's person under the names of a list of patients."""
    return {
        "full_name": summary.get("HO_TEN", ""),
        "birth": summary.get("NGAY_SINH", ""),
        "sex": summary.get("GIOI_TINH", ""),
        "citizen": summary.get("SO_CCCD", ""),
        "insurance": summary.get("MA_THE_BHYT", "").split(";")[0],
        "phone": summary.get("DIEN_THOAI", ""),
        "address": summary.get("DIA_CHI", ""),
    }


def _numbers(values: dict[str, str]) -> tuple[list[registry.NewNumber], list[Remark]]:
    """The other numbers that the line shows; one that can't be is left out and remarked on."""
    remarks: list[Remark] = []
    found = []
    citizen = values.get("citizen", "").replace(" ", "")
    if citizen:
        if citizen.isascii() and citizen.isdigit() and len(citizen) in {9, 12}:
            found.append(
                registry.NewNumber(systems.CITIZEN if len(citizen) == 12 else systems.OLD_CITIZEN, citizen)
            )
        else:
            remarks.append(("citizen", {}))
    if insurance := values.get("insurance", "").replace(" ", ""):
        found.append(registry.NewNumber(systems.INSURANCE, insurance))
    return found, remarks

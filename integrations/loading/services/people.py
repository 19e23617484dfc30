"""People of a list onto the record: the new ones registered together, the known ones brought up to date."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from emr.common.errors import DomainError
from integrations.loading import reading
from integrations.loading.layouts import today
from integrations.loading.models import FirstLoad, LoadLine
from integrations.loading.services.checking import Plan, Remark, different, patients_by_number
from patients.registry import services as registry
from patients.registry import systems
from patients.registry.models import Identifier, Patient

Result = LoadLine.Result
Told = tuple[str, dict[str, str]]


def number_of(load: FirstLoad, line: LoadLine) -> str:
    """The patient number that the line names."""
    if load.kind == FirstLoad.Kind.HISTORY:
        found = line.values.get("content", {}).get("XML1", {}).get("MA_BN", "")
    else:
        found = line.values.get("mrn", "")
    return str(found).upper().replace(" ", "")


def refused(fault: Exception) -> Plan:
    """The line did nothing: a rule's words, or what kind of oddity it was."""
    text = str(fault) if isinstance(fault, DomainError) else type(fault).__name__
    return Plan(Result.ERROR, [("refused", {"text": text})])


class People:
    """Who is known by which number; it grows by whoever is registered."""

    def __init__(self, load: FirstLoad, numbers: Iterable[str]) -> None:
        self.load = load
        self.known = patients_by_number(load, list(numbers))
        self._held: set[tuple[int, str, str]] | None = None

    def keep(self, told: Sequence[Told]) -> list[Plan]:
        """Register or bring up to date; (number, what the line says) each, no number twice. One plan each."""
        plans: dict[str, Plan] = {}
        fresh: list[tuple[str, registry.NewPatient, list[Remark]]] = []
        for number, values in told:
            numbers, remarks = _numbers(values)
            try:
                person = reading.person_of(values)
            except ValueError as fault:
                plans[number] = refused(fault)
                continue
            if (patient := self.known.get(number)) is not None:
                plans[number] = self._bring_up_to_date(number, patient, person, numbers, remarks)
                continue
            name, sex = person.pop("full_name"), person.pop("sex", Patient.Sex.UNKNOWN)
            new = registry.NewPatient(
                mrn=number,
                full_name=name,
                sex=sex,
                numbers=numbers,
                details=person,  # type: ignore[arg-type]  # fields of the registry, as `person_of` names them
            )
            fresh.append((number, new, remarks))
        registered = registry.register_patients(
            facility=self.load.facility, by=self.load.by, people=[new for _number, new, _remarks in fresh]
        )
        for (number, _new, remarks), patient_or_not in zip(fresh, registered, strict=True):
            if isinstance(patient_or_not, DomainError):
                plans[number] = refused(patient_or_not)
                continue
            self.known[number] = patient_or_not
            plans[number] = Plan(Result.CREATE, remarks)
        return [plans[number] for number, _values in told]

    def _bring_up_to_date(
        self,
        number: str,
        patient: Patient,
        person: dict[str, Any],
        numbers: Sequence[registry.NewNumber],
        remarks: list[Remark],
    ) -> Plan:
        for shown in numbers:
            try:
                if self._is_held(patient, shown):
                    continue
                with transaction.atomic():
                    registry.add_identifier(
                        patient=patient, system=shown.system, value=shown.value, by=self.load.by
                    )
            except DomainError as refusal:
                remarks.append(("number_left_out", {"text": str(refusal)}))
        if not different(patient, person):
            return Plan(Result.SAME, remarks)
        try:
            with transaction.atomic():
                self.known[number] = registry.update_patient(
                    patient=patient, by=self.load.by, version=None, **person
                )
        except DomainError as refusal:
            return refused(refusal)
        return Plan(Result.CHANGE, remarks)

    def _is_held(self, patient: Patient, shown: registry.NewNumber) -> bool:
        """Whether the patient is known by the number; the numbers of all are read once."""
        if self._held is None:
            rows = Identifier.objects.filter(patient__in=list(self.known.values()), is_active=True)
            self._held = set(rows.values_list("patient_id", "system", "value"))
        return (patient.pk, shown.system, registry.clean_value(shown.system, shown.value)) in self._held


def values_of(summary: dict[str, str]) -> dict[str, str]:
    """XML1's person under the names of a list of patients."""
    summary = today("XML1", summary)
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

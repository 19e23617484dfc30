"""One patient's medicines: the scan at the bed, what was given, what wasn't and why."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emr.accounts.access import Denied, requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.clock import now
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from emr.common.vietnamese import tidy
from encounters.medicines import permissions, services
from encounters.medicines.access import (
    access_administration,
    access_dose,
    access_needed,
    labelled_dose,
)
from encounters.medicines.forms import (
    GiveForm,
    NotGivenForm,
    PostponeForm,
    StepForm,
    WitnessForm,
    said,
)
from encounters.medicines.gs1 import Package
from encounters.medicines.models import DueDose, InfusionStep, MedicationAdministration, ReactionTest
from encounters.medicines.selectors.checking import needed_lines
from encounters.medicines.selectors.doses import doses_of_stay, needed_orders
from encounters.medicines.selectors.events import waiting_orders
from encounters.medicines.selectors.packages import dose_of_package, packages_of
from encounters.medicines.selectors.reactions import tests_of_stay
from encounters.medicines.selectors.reasons import not_given_reasons, reason_names
from encounters.medicines.services import Given, Told
from encounters.medicines.views.marks import (
    has_label,
    remember_label,
    witness_of,
)
from encounters.orders.models import MedicationRequest
from encounters.visits.access import access_encounter, acts_here
from encounters.visits.bedside import stay_of_wristband
from encounters.visits.models import Encounter
from encounters.visits.shifts import shift_at
from encounters.visits.wristband import has_wristband, remember_wristband

_HAND = MedicationAdministration.How.HAND


def answer(request: StaffRequest, stay: Encounter, status: int = 200, **more: Any) -> HttpResponse:
    """The patient's page, with what was refused or asked where anything was."""
    shift = shift_at(stay.facility_id, now())
    lines = doses_of_stay(stay, shift.start, shift.end + dt.timedelta(hours=8))
    context = {
        "encounter": stay,
        "patient": stay.patient,
        "lines": lines,
        "open": [line for line in lines if line.is_open],
        "running": [line for line in lines if line.state == "running"],
        "done": [line for line in lines if not line.is_open and line.state != "running"],
        "needed": needed_lines(needed_orders(stay), now()),
        "tests": tests_of_stay(stay),
        "methods": ReactionTest.Method.choices,
        "results": [choice for choice in ReactionTest.Result.choices if choice[0]],
        "may_give": acts_here(request.user, permissions.GIVE, stay),
        "may_settle": acts_here(request.user, permissions.SETTLE, stay),
        "is_scanned": has_wristband(request, stay),
        "reasons": not_given_reasons(stay.facility_id),
        "reason_names": list(reason_names(stay.facility_id).items()),
        "waiting": waiting_orders(stay),
        "events": MedicationRequest.BeforeEvent.choices,
        "sites": MedicationAdministration.Site.choices,
        "steps": InfusionStep.Kind,
        "key": str(uuid.uuid4()),
        "start": shift.start,
        "end": shift.end,
    }
    return render(request, "encounters/medicines/patient.html", context | more, status=status)


@require_safe
@requires(permissions.READ)
def patient(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """What is due for this patient, and what was done."""
    stay = access_encounter(request.user, encounter, permissions.READ)
    record("due_dose.read", by=request.user, of=stay)
    return answer(request, stay)


@require_POST
@requires(permissions.GIVE)
def scan(request: StaffRequest, encounter: UUID) -> HttpResponse:
    """A wristband says whose labels follow; a label says that its dose goes in. A label of somebody else's is refused."""
    stay = access_encounter(request.user, encounter, permissions.GIVE)
    raw = request.POST.get("code", "")[:200]
    code = tidy(raw)[:40]
    dose = labelled_dose(request.user, code) if code else None
    if dose is None:
        other = stay_of_wristband(request.user, code) if code else None
        if other is None and code:
            scanned = _of_package(request, stay, raw)
            if scanned is not None:
                return scanned
        if other is None:
            return answer(request, stay, 422, refusal=_("Nothing has this number: %(code)s") % {"code": code})
        remember_wristband(request, other)
        return redirect("encounters:medicines:patient", other.uuid)
    if not has_wristband(request, stay):
        return answer(request, stay, 422, refusal=_("Scan the patient's wristband first, then the label."))
    return _give(request, stay, dose, Given(), Told(key=_key(request)))


def _of_package(request: StaffRequest, stay: Encounter, raw: str) -> HttpResponse | None:
    """A manufacturer's own code in the place of our label; None: it is none."""
    try:
        ways = packages_of(raw)
        if not ways:
            return None
        if not has_wristband(request, stay):
            words = _("Scan the patient's wristband first, then the label.")
            return answer(request, stay, 422, refusal=words)
        if len(ways) > 1:
            words = _("The scanner left the separators out: which of these stands on the package?")
            return answer(request, stay, 422, refusal=words, ways=ways, key=str(_key(request)))
        package = ways[0]
        dose = dose_of_package(stay, package, sent_as=_key(request))
    except DomainError as refusal:
        if refusal.code == "not_ordered":
            record(
                "medication_administration.refuse", by=request.user, of=stay, detail={"code": refusal.code}
            )
            return answer(request, stay, 409, danger=str(refusal))
        return answer(request, stay, 422, refusal=str(refusal))
    return _give(request, stay, dose, of_package(package), Told(key=_key(request)))


def of_package(package: Package) -> Given:
    """A giving by what stands on the package."""
    return Given(
        batch=package.batch,
        expires_on=package.expires_on,
        gtin=package.gtin,
        serial=package.serial,
        package=package.text,
    )


def _key(request: StaffRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def _give(  # noqa: PLR0917  what a page sends
    request: StaffRequest,
    stay: Encounter,
    dose: DueDose,
    given: Given,
    told: Told,
    witness: User | None = None,
) -> HttpResponse:
    try:
        row = services.give_dose(
            dose=dose, encounter=stay, told=told, by=request.user, given=given, witness=witness
        )
    except services.WrongPatient as refusal:
        return answer(request, stay, 409, danger=str(refusal))
    except services.NeedsWitness as refusal:
        if given.how == MedicationAdministration.How.SCAN:
            remember_label(request, dose, told.key)
        asked = {"dose": dose, "given": replace(given, amount=refusal.amount), "told": told}
        return answer(request, stay, 422, witness_for=asked, key=str(told.key), refusal=str(refusal))
    except services.AlreadyAnswered as refusal:
        if refusal.standing.performer_id == request.user.pk:
            at = f"{timezone.localtime(refusal.standing.happened_at):%H:%M}"
            messages.info(request, _("You recorded this dose yourself, at %(time)s.") % {"time": at})
            return redirect("encounters:medicines:patient", stay.uuid)
        return answer(request, stay, 409, danger=str(refusal))
    except DomainError as refusal:
        return answer(request, stay, 422, refusal=str(refusal), asked=str(dose.uuid), posted=request.POST)
    if given.how == MedicationAdministration.How.SCAN:
        remember_wristband(request, stay)
    word = _("Begun: %(name)s") if row.status == "in-progress" else _("Given: %(name)s")
    messages.success(request, word % {"name": dose.order.text})
    return redirect("encounters:medicines:patient", stay.uuid)


def _given_by(form: GiveForm, how: str) -> tuple[Given, Told]:
    told = form.cleaned_data
    given = Given(
        amount=told["amount"],
        how=how,
        hand_reason=told["hand_reason"],
        site=told["site"],
        rate=told["rate"],
        batch=told["batch"],
        note=told["note"],
    )
    ways = packages_of(told["package"]) if told["package"] else []
    if len(ways) == 1:
        scanned = of_package(ways[0])
        given = replace(
            given,
            batch=scanned.batch,
            expires_on=scanned.expires_on,
            gtin=scanned.gtin,
            serial=scanned.serial,
            package=scanned.package,
        )
    return given, Told(key=form.made, happened_at=told["at"])


@require_POST
@requires(permissions.GIVE)
def change(request: StaffRequest, dose_uuid: UUID) -> HttpResponse:
    """Given without a scan, not given, postponed, or the second nurse's word: `action`."""
    dose = access_dose(request.user, dose_uuid)
    stay = access_encounter(request.user, dose.encounter.uuid, permissions.GIVE)
    act = _ACTIONS.get(request.POST.get("action", ""))
    if act is None:
        return HttpResponse(status=400)
    try:
        return act(request, stay, dose)
    except services.AlreadyAnswered as refusal:
        return answer(request, stay, 409, danger=str(refusal))
    except DomainError as refusal:
        more = {"asked": str(dose.uuid), "posted": request.POST}
        return answer(request, stay, 422, refusal=str(refusal), **more)


def _by_hand(request: StaffRequest, stay: Encounter, dose: DueDose) -> HttpResponse:
    form = _valid(GiveForm(request.POST))
    scanned = has_label(request, stay, dose, form.made)
    given, told = _given_by(form, MedicationAdministration.How.SCAN if scanned else _HAND)
    if request.POST.get("action") != "witness":
        return _give(request, stay, dose, given, told)
    witness = _second(request, stay)
    if witness is None:
        asked = {"dose": dose, "given": given, "told": told}
        return answer(request, stay, 422, witness_for=asked, key=str(told.key), refusal=_nobody())
    return _give(request, stay, dose, given, told, witness)


def _nobody() -> str:
    return _("This isn't a nurse of the ward with this PIN or password.")


def _second(request: StaffRequest, stay: Encounter) -> User | None:
    form = WitnessForm(request.POST)
    if not form.is_valid():
        return None
    return witness_of(request, stay, form.cleaned_data["name"], form.cleaned_data["word"])


def _not_given(request: StaffRequest, stay: Encounter, dose: DueDose) -> HttpResponse:
    form = _valid(NotGivenForm(request.POST))
    told = form.cleaned_data
    services.not_given(
        dose=dose,
        reason=told["reason"],
        text=told["note"],
        told=Told(key=form.made, happened_at=told["at"]),
        by=request.user,
    )
    return redirect("encounters:medicines:patient", stay.uuid)


def _postpone(request: StaffRequest, stay: Encounter, dose: DueDose) -> HttpResponse:
    told = _valid(PostponeForm(request.POST)).cleaned_data
    services.postpone(dose=dose, until=told["until"], reason=told["why"], by=request.user, seen=told["seen"])
    return redirect("encounters:medicines:patient", stay.uuid)


_ACTIONS: dict[str, Callable[[StaffRequest, Encounter, DueDose], HttpResponse]] = {
    "give": _by_hand,
    "witness": _by_hand,
    "not-given": _not_given,
    "postpone": _postpone,
}
FormT = TypeVar("FormT", bound=forms.Form)


def _valid(form: FormT) -> FormT:
    if not form.is_valid():
        raise DomainError(said(form), code="invalid")
    return form


@require_POST
@requires(permissions.GIVE)
def give_needed(request: StaffRequest, medicine_uuid: UUID) -> HttpResponse:
    """A medicine that is given when needed."""
    order = access_needed(request.user, medicine_uuid)
    stay = access_encounter(request.user, order.encounter.uuid, permissions.GIVE)
    form = GiveForm(request.POST)
    if not form.is_valid():
        return answer(request, stay, 422, refusal=said(form))
    given, told = _given_by(form, _HAND)
    if has_wristband(request, stay) and not given.hand_reason.strip():
        given = replace(given, hand_reason=_("wristband scanned; the medicine has no label of its own"))
    witness = None
    if request.POST.get("name"):
        witness = _second(request, stay)
        if witness is None:
            return answer(request, stay, 422, refusal=_nobody())
    try:
        services.give_needed(
            order=order, encounter=stay, told=told, by=request.user, given=given, witness=witness
        )
    except services.NeedsWitness as refused:
        asked = {"order": order, "given": replace(given, amount=refused.amount), "told": told}
        return answer(request, stay, 422, witness_for=asked, key=str(told.key), refusal=str(refused))
    except DomainError as refused:
        return answer(request, stay, 422, refusal=str(refused))
    messages.success(request, _("Given: %(name)s") % {"name": order.text})
    return redirect("encounters:medicines:patient", stay.uuid)


@require_POST
@requires(permissions.GIVE)
def step(request: StaffRequest, administration_uuid: UUID) -> HttpResponse:
    """Another rate, paused, resumed, ended."""
    row = access_administration(request.user, administration_uuid)
    stay = access_encounter(request.user, row.encounter.uuid, permissions.GIVE)
    form = StepForm(request.POST)
    more = {"asked": str(row.uuid), "posted": request.POST}
    if not form.is_valid():
        return answer(request, stay, 422, refusal=said(form), **more)
    told = dict(form.cleaned_data)
    act = Told(key=told.pop("key"), happened_at=told.pop("at"))
    try:
        services.note_step(administration=row, told=act, by=request.user, **told)
    except DomainError as refusal:
        return answer(request, stay, 422, refusal=str(refusal), **more)
    return redirect("encounters:medicines:patient", stay.uuid)


@require_POST
@requires(permissions.GIVE)
def take_back(request: StaffRequest, administration_uuid: UUID) -> HttpResponse:
    """What was entered in error: one's own, or anybody's for who settles."""
    row = access_administration(request.user, administration_uuid)
    stay = access_encounter(request.user, row.encounter.uuid, permissions.GIVE)
    may = row.performer_id == request.user.pk or acts_here(request.user, permissions.SETTLE, stay)
    if not may:
        raise Denied(permissions.SETTLE, entity=row, hidden=False)
    try:
        services.take_back(administration=row, reason=tidy(request.POST.get("reason", "")), by=request.user)
    except DomainError as refusal:
        return answer(request, stay, 422, refusal=str(refusal))
    return redirect("encounters:medicines:patient", stay.uuid)

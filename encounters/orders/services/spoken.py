"""Spoken orders: understood and checked, in effect at once, confirmed or rejected by a doctor afterwards."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Whole, declare
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.staff.selectors.practice import demand_practice
from emr.terminology.selectors import concept
from encounters.documents.models import Document, DocumentDraft
from encounters.documents.providers import diagnoses
from encounters.documents.services import NotComplete, begin_document, finalize_document
from encounters.forms.services import answers_of, with_fields
from encounters.orders import telling
from encounters.orders.checks import Alert
from encounters.orders.models import CheckAnswer, MedicationRequest, Order, ServiceRequest, SpokenOrder
from encounters.orders.oneline import parse_line
from encounters.orders.permissions import PLACE
from encounters.orders.selectors.catalogue import services_by_code
from encounters.orders.selectors.checking import alerts_about
from encounters.orders.selectors.spoken import doctors_for, spoken_text
from encounters.orders.services.answers import REASON_AT_LEAST
from encounters.orders.services.life import complete_order, stop_order, take_effect
from encounters.orders.services.lines import OPEN, ORDER_MODELS, demand_placed_here, place_of, save_line
from encounters.orders.services.quick import Choice, line_fields, lines_and_services
from encounters.visits.models import Encounter

ENTRY, DIAGNOSIS = "36/BV2", "course.diagnosis.code"
MOST_LINES = 8
_SETTING = "spoken_order_hours"
declare(
    Whole(
        name=_SETTING,
        room="orders",
        label=gettext_lazy("A spoken order or an urgent dose is confirmed by a doctor within"),
        default=12,
        least=1,
        most=72,
        unit=pgettext_lazy("unit", "hours"),
    )
)
_LONGEST = 200


@dataclass(slots=True)
class SpokenLine:
    """One line as understood: the unsaved order, what the checks say, or what is wrong with it."""

    number: int
    choice: str
    typed: str
    order: MedicationRequest | ServiceRequest | None = None
    text: str = ""
    problem: str = ""
    alerts: list[Alert] = field(default_factory=list)


def answer_name(line: SpokenLine, alert: Alert) -> str:
    """What the answer to this question is called among the form's fields."""
    return f"answer-{line.number}-{alert.key}"


def spoken_choices(encounter: Encounter, typed: str) -> list[Choice]:
    """What the typed words may mean: medicines with a dose, else tests and images. Two queries at most."""
    return lines_and_services(encounter.facility_id, typed, once=True)


def understand(encounter: Encounter, said: Sequence[tuple[str, str]], at: dt.datetime) -> list[SpokenLine]:
    """The lines (what was chosen, what was typed) as orders, with their alerts; empty ones are left out."""
    lines = [
        SpokenLine(number, choice.strip()[:_LONGEST], typed.strip()[:_LONGEST])
        for number, (choice, typed) in enumerate(said[:MOST_LINES])
        if choice.strip() or typed.strip()
    ]
    for line in lines:
        try:
            line.order = _read(encounter, line, at)
            line.text = line.order.text
        except DomainError as refusal:
            line.problem = str(refusal)
    medicines = [line.order for line in lines if isinstance(line.order, MedicationRequest)]
    for alert in alerts_about(encounter, medicines, on=timezone.localdate(at)):
        for line in lines:
            if line.order is not None and str(line.order.uuid) == alert.order_uuid:
                line.alerts.append(alert)
    return lines


def _read(encounter: Encounter, line: SpokenLine, at: dt.datetime) -> MedicationRequest | ServiceRequest:
    choice = line.choice
    if not choice:
        fitting = spoken_choices(encounter, line.typed)
        if len(fitting) != 1:
            problem = (
                _("Several things fit: choose one.")
                if fitting
                else _("Nothing fits “%(typed)s”.") % {"typed": line.typed}
            )
            raise DomainError(problem, code="unclear")
        choice = fitting[0].code
    kind, _colon, rest = choice.partition(":")
    if kind == "service" and (service := services_by_code(encounter.facility_id, [rest]).get(rest)):
        return ServiceRequest(
            category=service.category,
            code=service.code,
            text=service.name,
            specimen=service.specimen,
            body_site=service.body_site,
            priority=Order.Priority.URGENT,
        )
    code, _colon, words = rest.partition(":")
    found = concept("medicine", code) if kind == "line" else None
    if found is None:
        raise DomainError(_("This can't be ordered today."), code="nothing_fits")
    parsed = parse_line(words, once=True)
    if parsed.problems:
        raise DomainError(" ".join(parsed.problems), code="unclear")
    once = parsed.times_per_day is None and not parsed.as_needed and not parsed.before_event
    return MedicationRequest(
        **line_fields(found, parsed), priority=Order.Priority.URGENT, occurrence_at=at if once else None
    )


@transaction.atomic
def record_spoken_order(
    *,
    encounter: Encounter,
    kind: str,
    prescriber: User,
    said: Sequence[tuple[str, str]],
    token: UUID,
    by: User,
    spoken_at: dt.datetime | None = None,
    read_back: bool = False,
    reason: str = "",
    late_reason: str = "",
    is_given: bool = False,
    answers: Mapping[str, str] | None = None,
) -> SpokenOrder:
    """Write down what a doctor ordered by word of mouth, or a dose that could not wait; in effect at once.

    `answers`: {`answer_name`: the doctor's reason} for each question that stops. The same `token` again finds the first.
    Raises DomainError naming the field.
    """
    if kept := SpokenOrder.objects.filter(facility_id=encounter.facility_id, token=token).first():
        return kept
    at = spoken_at or now()
    is_urgent = kind == SpokenOrder.Kind.URGENT_DOSE
    _demand_sound(encounter, kind, prescriber, read_back=read_back, reason=reason)
    demand_practice(by)
    demand_practice(prescriber, PLACE)
    lines = understand(encounter, said, at)
    _demand_lines(lines, answers or {}, is_urgent=is_urgent)
    entry = begin_document(
        encounter=encounter, code=ENTRY, by=by, happened_at=at, late_reason=late_reason, author=prescriber
    )
    hours = int(facility_setting(encounter.facility_id, _SETTING))
    spoken = SpokenOrder.objects.create(
        facility_id=encounter.facility_id,
        patient_id=encounter.patient_id,
        encounter=encounter,
        entry=entry,
        kind=kind,
        prescriber=prescriber,
        recorded_by=by,
        spoken_at=at,
        read_back=read_back and not is_urgent,
        reason=reason.strip()[:300],
        given_at=at if is_urgent and is_given else None,
        token=token,
        due_at=now() + dt.timedelta(hours=hours),
    )
    _write_course(spoken)
    for line in lines:
        _put_in_effect(spoken, line, answers or {}, by)
    record("spoken_order.record", by=by, of=spoken, detail={"kind": kind, "lines": len(lines)})
    telling.tell_prescriber(spoken, by=by)
    return spoken


def _demand_sound(encounter: Encounter, kind: str, prescriber: User, *, read_back: bool, reason: str) -> None:
    if kind not in SpokenOrder.Kind.values:
        raise DomainError(_("Say how it was ordered."), code="invalid", field="kind")
    if encounter.status != Encounter.Status.IN_PROGRESS:
        raise DomainError(_("The patient is not here (any more)."), code="wrong_status")
    if prescriber.pk not in {doctor.pk for doctor in doctors_for(encounter)}:
        raise DomainError(
            _("This person may not order for this patient now."), code="may_not_order", field="prescriber"
        )
    if kind == SpokenOrder.Kind.URGENT_DOSE:
        if len(reason.strip()) < REASON_AT_LEAST:
            raise DomainError(_("Say why it could not wait."), code="reason_missing", field="reason")
    elif not read_back:
        raise DomainError(
            _("Read the order back to the doctor, then tick it."), code="not_read_back", field="read_back"
        )


def _demand_lines(lines: list[SpokenLine], answers: Mapping[str, str], *, is_urgent: bool) -> None:
    if not lines:
        raise DomainError(_("Write at least one line."), code="empty", field="line")
    if any(line.problem for line in lines):
        raise DomainError(_("A line isn't understood yet."), code="unclear", field="line")
    if is_urgent and not all(isinstance(line.order, MedicationRequest) for line in lines):
        raise DomainError(_("An urgent dose is a medicine."), code="no_medicine", field="line")
    if is_urgent and any(getattr(line.order, "scale", None) for line in lines):
        raise DomainError(_("Of an urgent dose say how much was given."), code="unclear", field="line")
    for line in lines:
        for alert in line.alerts:
            said = answers.get(answer_name(line, alert), "").strip()
            if alert.level == "interrupt" and len(said) < REASON_AT_LEAST:
                raise DomainError(
                    _("Tell the doctor of the warning, and write what the doctor answered."),
                    code="unanswered",
                    field="line",
                )


def _put_in_effect(spoken: SpokenOrder, line: SpokenLine, answers: Mapping[str, str], by: User) -> None:
    order = line.order
    assert order is not None  # noqa: S101  demanded before
    who = by if spoken.kind == SpokenOrder.Kind.URGENT_DOSE else spoken.prescriber
    if spoken.kind != SpokenOrder.Kind.URGENT_DOSE:  # what was given had to be given
        demand_placed_here(spoken.entry, getattr(order, "category", "medication"))
    for name, value in place_of(spoken.entry, who).items():
        setattr(order, name, value)
    save_line(order)
    for alert in line.alerts:
        if alert.level == "interrupt":
            CheckAnswer.objects.create(
                facility_id=spoken.facility_id,
                patient_id=spoken.patient_id,
                encounter_id=spoken.encounter_id,
                entry=spoken.entry,
                order_uuid=order.uuid,
                order_text=order.text,
                reason=answers[answer_name(line, alert)].strip()[:300],
                answered_by=by,
                key=alert.key,
                level=alert.level,
                message=alert.message[:600],
                source=alert.source,
            )
    take_effect(order, by)
    if spoken.given_at is not None:
        given = _("given at %(time)s") % {"time": f"{timezone.localtime(spoken.given_at):%H:%M}"}
        complete_order(order=order, by=by, note=given)


def _write_course(spoken: SpokenOrder) -> None:
    """The entry says how it came to be; the doctor may add to it before confirming."""
    draft = DocumentDraft.objects.select_related("questionnaire").get(document=spoken.entry)
    at = timezone.localtime(spoken.spoken_at)
    with override("vi"):
        words = spoken_text(spoken)
    draft.content = with_fields(
        draft.questionnaire,
        draft.content,
        {"a/when.at/0": f"{at:%d/%m/%Y %H:%M}", "a/course.text/0": f"{words[:1].upper()}{words[1:]}."},
    )
    draft.save(update_fields=["content"])


@transaction.atomic
def decide_spoken_order(*, spoken: SpokenOrder, confirms: bool, note: str = "", by: User) -> bool:
    """A doctor answers for what was recorded; rejected, what of it is still in effect stops, with the reason.

    The entry is finished in either case, by whoever decides. Where something is missing on it (the stay has no diagnosis
    yet), nothing is confirmed and nothing kept: DomainError `no_diagnosis` or `entry_lacks` says what. A rejection holds at
    once all the same, because the orders have to stop; it answers False, and its entry is finished by `finish_rejected`.
    The same decision again changes nothing; raises Conflict for the opposite one.
    """
    spoken = SpokenOrder.objects.select_for_update(of=("self",)).get(pk=spoken.pk)
    outcome = SpokenOrder.Outcome.CONFIRMED if confirms else SpokenOrder.Outcome.REJECTED
    note = note.strip()[:300]
    if spoken.outcome == outcome:
        return Document.objects.get(pk=spoken.entry_id).current_version_id is not None
    if spoken.outcome != SpokenOrder.Outcome.OPEN:
        raise Conflict(_("Somebody has decided on this order already."), code="finished")
    if len(note) < REASON_AT_LEAST and not confirms:
        raise DomainError(_("Say why it is not confirmed."), code="reason_missing", field="note")
    demand_practice(by, PLACE)
    spoken.outcome, spoken.decided_at, spoken.decided_by, spoken.note = outcome, now(), by, note
    spoken.save(update_fields=["outcome", "decided_at", "decided_by", "note"])
    record(f"spoken_order.{'confirm' if confirms else 'reject'}", by=by, of=spoken)
    telling.stop_telling(spoken, by=by)
    if not confirms:
        why = _("not confirmed by the doctor: %(note)s") % {"note": note}
        for model in ORDER_MODELS:
            for order in model.objects.filter(entry=spoken.entry_id, status__in=OPEN):
                stop_order(order=order, reason=why, by=by)
        telling.tell_of_rejection(spoken, by=by)
    lacks = _finish_entry(spoken, by)
    if confirms and lacks is not None:
        raise _refusal(lacks)
    return lacks is None


def _finish_entry(spoken: SpokenOrder, by: User) -> NotComplete | None:
    """Finish the entry; answers what it lacks, where it does."""
    entry = Document.objects.get(pk=spoken.entry_id)
    draft = DocumentDraft.objects.select_related("questionnaire").filter(document=entry).first()
    if draft is None or entry.current_version_id is not None:
        return None
    _take_diagnosis(entry, draft)
    try:
        with transaction.atomic():
            finalize_document(document=entry, revision=draft.revision, by=by)
    except NotComplete as lacks:
        return lacks
    return None


def _take_diagnosis(entry: Document, draft: DocumentDraft) -> None:
    """What was diagnosed since the entry was begun at night, where nobody has written one on it."""
    if any(answer.value for answer in answers_of(draft.content, DIAGNOSIS)):
        return
    code = diagnoses(entry).get("current", {}).get("code")
    if code:
        name, words = f"a/{DIAGNOSIS}/0", code["display"]
        fields = {name: code["code"], f"{name}/shown": words, f"{name}/chosen": words}
        draft.content = with_fields(draft.questionnaire, draft.content, fields)
        draft.save(update_fields=["content"])


def _refusal(lacks: NotComplete) -> DomainError:
    if [problem.link_id for problem in lacks.problems] == [DIAGNOSIS] and not lacks.reasons:
        return DomainError(
            _("The stay has no diagnosis yet: record it, then confirm. The order is in effect meanwhile."),
            code="no_diagnosis",
        )
    return DomainError(
        _("The entry lacks something: complete it under “To finish and sign”, which confirms the order too."),
        code="entry_lacks",
    )


@transaction.atomic
def finish_rejected(*, encounter_id: int) -> int:
    """A diagnosis was recorded: entries of orders that were rejected before it are finished, by who rejected them.

    Returns how many; twice equals once. What lacks something else stays with its doctor, under “To finish and sign”.
    """
    waiting = SpokenOrder.objects.select_for_update(of=("self",)).filter(
        encounter_id=encounter_id,
        outcome=SpokenOrder.Outcome.REJECTED,
        entry__current_version=None,
        entry__draft__isnull=False,
    )
    done = 0
    for spoken in waiting.select_related("decided_by").order_by("pk"):
        doctor = spoken.decided_by
        assert doctor is not None  # noqa: S101  who rejects is kept with the outcome
        try:
            with transaction.atomic():
                done += _finish_entry(spoken, doctor) is None
        except DomainError:  # the doctor may not practise any more
            continue
    return done


def confirm_with_entry(*, entry: Document, by: User) -> None:
    """The doctor has finished the entry itself: what was spoken is confirmed with it."""
    spoken = SpokenOrder.objects.filter(entry=entry, outcome=SpokenOrder.Outcome.OPEN).first()
    if spoken is not None:
        decide_spoken_order(spoken=spoken, confirms=True, by=by)


def demand_decided(entry: Document) -> None:
    """What was spoken and carried out can't be thrown away as if it never was: a doctor decides first."""
    spoken = SpokenOrder.objects.filter(entry=entry).first()
    if spoken is not None and (
        spoken.outcome == SpokenOrder.Outcome.OPEN or entry.current_version_id is None
    ):
        raise DomainError(
            _("This entry holds a spoken order: confirm it, or say why you don't."), code="spoken_order"
        )

"""A record goes from state to state: by the table of steps, and in no other way."""

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.audit.services import record
from emr.common.choices import Reasons, Whole, YesNo, declare
from emr.common.clock import now
from emr.common.errors import Conflict, DomainError
from emr.outbox import publish
from encounters.bundles.services import request_bundle
from encounters.completeness.selectors import Gap, blocking_gaps_of
from encounters.documents.models import Document, DocumentDraft
from encounters.documents.signed import signatures_of
from encounters.records import retention
from encounters.records.models import Keeping, RecordEvent, RecordFault
from encounters.records.selectors.history import steps_of_round
from encounters.records.steps import STEPS, Step
from encounters.visits.models import Encounter
from encounters.visits.services import issue_archive_number
from patients.registry.services import close_care, open_care

declare(
    YesNo(
        name="record_head_signature",
        room="records",
        label=gettext_lazy(
            "The head countersigns a record only once the record document carries their signature"
        ),
        default=True,
    )
)
declare(
    YesNo(
        name="record_same_person",
        room="records",
        label=gettext_lazy("A head of department may countersign a record that they completed themselves"),
        default=False,
        is_grave=True,
    )
)
declare(
    Whole(
        name="record_hand_in_days",
        room="records",
        label=gettext_lazy("A record is handed in within"),
        help=gettext_lazy("Counted from the day on which the patient left; no law sets a number."),
        default=7,
        least=1,
        most=90,
        unit=pgettext_lazy("unit", "days"),
    )
)
declare(
    Reasons(
        name="record_faults",
        room="records",
        label=gettext_lazy("Faults for which the planning office returns a record"),
        default=[
            ["HC01", "Sai hoặc thiếu thông tin hành chính"],
            ["HC02", "Sai, thiếu thông tin thẻ BHYT, giấy chuyển tuyến"],
            ["CM01", "Thiếu hoặc sơ sài phần hỏi bệnh, khám bệnh"],
            ["CM02", "Chẩn đoán chưa phù hợp, thiếu hoặc sai mã bệnh"],
            ["CM03", "Tờ điều trị ghi thiếu ngày, thiếu diễn biến"],
            ["CM04", "Y lệnh không có diễn biến hoặc kết quả kèm theo"],
            ["CM05", "Thiếu biên bản hội chẩn, sơ kết điều trị"],
            ["PT01", "Thiếu phiếu phẫu thuật, thủ thuật, gây mê"],
            ["PT02", "Thiếu giấy cam kết của người bệnh"],
            ["CS01", "Phiếu chăm sóc, theo dõi ghi thiếu"],
            ["TH01", "Công khai thuốc, thực hiện y lệnh thiếu xác nhận"],
            ["KQ01", "Thiếu kết quả cận lâm sàng"],
            ["KY01", "Thiếu chữ ký, chữ ký không hợp lệ"],
            ["GT01", "Thiếu trang giấy, bản chụp không đọc được"],
            ["KH99", "Lỗi khác (ghi rõ ở phần nhận xét)"],
        ],
    )
)


class NotComplete(DomainError):
    """The record can't be completed: `gaps` say what is missing."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self.gaps = gaps
        super().__init__(_("The record isn't complete yet: see what is missing."), code="incomplete")


def fault_list(facility_id: int) -> dict[str, str]:
    """{code: words} of the facility's own list of faults."""
    return dict(facility_setting(facility_id, "record_faults"))


@transaction.atomic
def take_step(
    *,
    encounter: Encounter,
    verb: str,
    by: User,
    reason: str = "",
    faults: Collection[str] = (),
    request_key: UUID | None = None,
) -> RecordEvent:
    """Let the record of the stay take this step; the same form sent twice is one step.

    Raises NotComplete where something is missing, Conflict (code "state") where the record stands elsewhere by now,
    DomainError by `code`: not_finished, same_person, reason_required, no_faults, no_head_signature, unfinished_drafts.
    """
    step = STEPS[verb]
    stay = (
        Encounter.objects.select_for_update(of=("self",))
        .select_related("patient", "department")
        .get(pk=encounter.pk)
    )
    if request_key is not None:
        told = RecordEvent.objects.filter(facility_id=stay.facility_id, request_key=request_key).first()
        if told is not None:
            return told
    if stay.record_state not in step.before:
        raise Conflict(
            _("The record is “%(state)s” by now: somebody was quicker, or this page is old.")
            % {"state": stay.get_record_state_display()},
            code="state",
        )
    _demand_another(step, stay, by)
    _demand_words(step, reason, faults, stay)
    _RULES.get(verb, _no_rule)(stay)
    event = _moved(stay, step, by, reason.strip()[:400], request_key)
    known = fault_list(stay.facility_id)
    RecordFault.objects.bulk_create(
        RecordFault(facility_id=stay.facility_id, event=event, code=code, words=known[code])
        for code in dict.fromkeys(faults)
    )
    detail = {"from": event.from_state, "to": event.to_state, "faults": list(faults)}
    record(f"record.{verb}", by=by, of=stay, detail=detail)
    if verb == "archive":
        _archive(stay, by)
    _let_in(stay, event)
    publish(
        "record.moved",
        order_key=f"patient:{stay.patient_id}",
        encounter_id=stay.pk,
        event_id=event.pk,
        state=event.to_state,
    )
    return event


def _moved(stay: Encounter, step: Step, by: User, reason: str, key: UUID | None) -> RecordEvent:
    event = RecordEvent.objects.create(
        facility_id=stay.facility_id,
        encounter=stay,
        verb=step.verb,
        from_state=stay.record_state,
        to_state=step.after,
        by=by,
        at=now(),
        reason=reason,
        request_key=key,
    )
    if step.verb == "archive":
        # The number's series stays locked until the end, and a record is archived only with one.
        stay.archive_number = issue_archive_number(encounter=stay, by=by).archive_number
    Encounter.objects.filter(pk=stay.pk).update(record_state=step.after)
    stay.record_state = step.after
    return event


def _let_in(stay: Encounter, event: RecordEvent) -> None:
    """A record that was given back opens the chart for its department until it is completed again, however long ago
    the patient left.
    """
    source = f"record:{stay.pk}"
    given_back = event.to_state in {Encounter.RecordState.RETURNED, Encounter.RecordState.REOPENED}
    if given_back and stay.department is not None:
        open_care(patient=stay.patient, department=stay.department, reason="record", source=source)
    if event.verb == "complete":
        close_care(source=source)


def _demand_another(step: Step, stay: Encounter, by: User) -> None:
    """Refuse somebody who acted already in a capacity that must be apart from this one."""
    apart = set(step.apart)
    if step.verb == "countersign" and facility_setting(stay.facility_id, "record_same_person"):
        apart.discard("complete")
    acted = {event.verb for event in steps_of_round(stay) if event.by_id == by.pk}
    if "complete" in apart and _has_written_record(stay, by):
        message = _("Somebody else does this: you have written and signed the record document as its doctor.")
        raise DomainError(message, code="same_person")
    if acted & apart:
        words = ", ".join(str(STEPS[verb].title) for verb in STEPS if verb in acted & apart)
        raise DomainError(
            _("Somebody else does this: you have done “%(steps)s” on this record yourself.")
            % {"steps": words},
            code="same_person",
        )


def _has_written_record(stay: Encounter, by: User) -> bool:
    """Whether the person signs the record document as the doctor who wrote it, whoever completed the record."""
    own = Document.objects.filter(encounter=stay, code__endswith="/BV1", current_version__author=by)
    return own.exclude(status="entered-in-error").exists()


def _demand_words(step: Step, reason: str, faults: Collection[str], stay: Encounter) -> None:
    if step.asks and not reason.strip():
        raise DomainError(_("Give the reason."), code="reason_required", field="reason")
    if step.asks == "faults" and not faults:
        raise DomainError(_("Choose at least one fault."), code="no_faults", field="faults")
    if set(faults) - set(fault_list(stay.facility_id)):
        raise DomainError(_("This fault isn't on the list."), code="unknown_fault", field="faults")


def _no_rule(stay: Encounter) -> None:
    """Most steps ask nothing more."""


def _demand_complete(stay: Encounter) -> None:
    if stay.status != Encounter.Status.FINISHED:
        raise DomainError(
            _("The patient is still here: a record is completed after the discharge."), code="not_finished"
        )
    drafts = DocumentDraft.objects.filter(document__encounter=stay).count()
    if drafts:
        message = _("%(count)d documents are begun and not finished: confirm or discard them first.")
        raise DomainError(message % {"count": drafts}, code="unfinished_drafts")
    if gaps := blocking_gaps_of(stay):
        raise NotComplete(gaps)


def _demand_head_signature(stay: Encounter) -> None:
    """The record document carries its author's signature and the next one of its chain, the head's; on paper in a hybrid."""
    if not facility_setting(stay.facility_id, "record_head_signature"):
        return
    if Keeping.objects.filter(encounter=stay, is_hybrid=True).exists():
        return
    own = Document.objects.filter(encounter=stay, code__endswith="/BV1").exclude(status="entered-in-error")
    version_ids = [pk for pk in own.values_list("current_version", flat=True) if pk]
    if not version_ids and not stay.is_inpatient:
        return
    signed = signatures_of(version_ids)
    if not version_ids or any(len(signed.get(pk, [])) < 2 for pk in version_ids):
        raise DomainError(
            _("The record document doesn't carry the head's signature yet: sign it, then countersign."),
            code="no_head_signature",
        )


def _demand_still_complete(stay: Encounter) -> None:
    if gaps := blocking_gaps_of(stay):
        raise NotComplete(gaps)


_RULES = {
    "complete": _demand_complete,
    "countersign": _demand_head_signature,
    "archive": _demand_still_complete,
}


def _archive(stay: Encounter, by: User) -> None:
    """How long it is kept, never shorter than an earlier archiving said; and its bundle is asked for."""
    keeping, _made = Keeping.objects.select_for_update().get_or_create(
        encounter=stay, defaults={"facility_id": stay.facility_id}
    )
    set_retention(keeping, stay)
    request_bundle(stay, by=by, archive_number=stay.archive_number)


def set_retention(keeping: Keeping, stay: Encounter) -> None:
    """Compute class and last day from the year in which the record was closed; what was fixed longer stays (R-48)."""
    kind = retention.longest(stay, keeping.added_classes)
    day = retention.last_day(kind, closed_on(stay))
    was_longer = keeping.retention_class and (
        keeping.retained_until is None or (day is not None and keeping.retained_until > day)
    )
    if not was_longer:
        keeping.retention_class, keeping.retained_until = kind.code, day
        keeping.save(update_fields=["retention_class", "retained_until"])


def closed_on(stay: Encounter) -> dt.date:
    """The local day on which the record was last completed."""
    last = RecordEvent.objects.filter(encounter=stay, verb="complete").order_by("-at", "-pk").first()
    return timezone.localdate(last.at if last else now())


def refusal_of(*, encounter: Encounter, verb: str, by: User) -> str:
    """Why this person can't let the record take the step now, in words; "" when they can. Reasons and faults aside."""
    step = STEPS[verb]
    try:
        _demand_another(step, encounter, by)
        _RULES.get(verb, _no_rule)(encounter)
    except DomainError as refusal:
        return str(refusal)
    return ""

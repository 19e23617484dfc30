"""Lines onto the record, many at once by the services that the pages use; found there already, they change nothing."""

from collections.abc import Sequence

from django.db import DataError, IntegrityError, transaction

from emr.common.errors import DomainError
from integrations.loading import reading
from integrations.loading.layouts import today
from integrations.loading.models import FirstLoad, LoadLine, PastStay
from integrations.loading.services.checking import Plan, digest, told_before
from integrations.loading.services.people import People, number_of, refused, values_of
from integrations.loading.services.stays import take_over

Result = LoadLine.Result


def apply_lines(load: FirstLoad, lines: Sequence[LoadLine]) -> list[Plan]:
    """What each line did. Where one is at fault the others come in nevertheless: halved until it stands alone."""
    try:
        with transaction.atomic():
            return _APPLY[load.kind](load, lines)
    except (DomainError, DataError, IntegrityError, ValueError) as fault:
        if len(lines) == 1:
            return [refused(fault)]
    middle = len(lines) // 2
    return [*apply_lines(load, lines[:middle]), *apply_lines(load, lines[middle:])]


def _patients(load: FirstLoad, lines: Sequence[LoadLine]) -> list[Plan]:
    people = People(load, [line.key for line in lines])
    return people.keep([(line.key, line.values) for line in lines])


def _stays(load: FirstLoad, lines: Sequence[LoadLine]) -> list[Plan]:
    return take_over(load, lines, People(load, [number_of(load, line) for line in lines]).known)


def _history(load: FirstLoad, lines: Sequence[LoadLine]) -> list[Plan]:
    people = People(load, [number_of(load, line) for line in lines])
    introduced = _introduce(load, lines, people)
    before = told_before(load, [line.key for line in lines])
    plans, rows = [], []
    for line in lines:
        plan = introduced.get(line.line) or Plan(Result.CREATE)
        plans.append(plan)
        if plan.result == Result.ERROR:
            continue
        former = before.get(line.key)
        try:
            row = _past_stay(load, line, former)
        except ValueError as fault:
            plans[-1] = refused(fault)
            continue
        if former is not None and former.sha256 == row.sha256:
            plan.result = Result.SAME
            continue
        plan.result = Result.CREATE if former is None else Result.CHANGE
        row.patient = people.known[number_of(load, line)]
        rows.append(row)
    PastStay.objects.bulk_create(rows)
    return plans


def _introduce(load: FirstLoad, lines: Sequence[LoadLine], people: People) -> dict[int, Plan]:
    """Register whoever isn't known from the first case that can; {line: what that did}."""
    plans: dict[int, Plan] = {}
    left = [line for line in lines if number_of(load, line) not in people.known]
    while left:
        by_number: dict[str, list[LoadLine]] = {}
        for line in left:
            by_number.setdefault(number_of(load, line), []).append(line)
        firsts = {number: those[0] for number, those in by_number.items()}
        told = [(number, values_of(line.values["content"]["XML1"])) for number, line in firsts.items()]
        for line, plan in zip(firsts.values(), people.keep(told), strict=True):
            is_error = plan.result == Result.ERROR
            plans[line.line] = plan if is_error else Plan(plan.result, [("new_patient", {}), *plan.remarks])
        left = [
            line for number, those in by_number.items() if number not in people.known for line in those[1:]
        ]
    return plans


def _past_stay(load: FirstLoad, line: LoadLine, former: PastStay | None) -> PastStay:
    """The next version, not yet written and without its patient. Raises ValueError."""
    content = line.values["content"]
    summary = today("XML1", content["XML1"])
    return PastStay(
        facility_id=load.facility_id,
        number=line.key,
        version=former.version + 1 if former is not None else 1,
        began_at=reading.moment_of_day(summary["NGAY_VAO"]),
        ended_at=reading.day_or_moment(summary.get("NGAY_RA", "")),
        care_type=summary.get("MA_LOAI_KCB", "")[:2],
        diagnosis_code=summary.get("MA_BENH_CHINH", "")[:20],
        diagnosis_text=summary.get("CHAN_DOAN_RV", ""),
        content=content,
        sha256=digest(content),
        load=load,
    )


_APPLY = {
    FirstLoad.Kind.PATIENTS.value: _patients,
    FirstLoad.Kind.STAYS.value: _stays,
    FirstLoad.Kind.HISTORY.value: _history,
}

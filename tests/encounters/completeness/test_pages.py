"""Who sees what is owed, where it leads, what is kept of a filter, and how many queries that takes."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.notices.models import Notice, NoticeRecipient
from encounters.completeness import services, telling, worklist
from encounters.completeness.facts import _BLANKS
from encounters.completeness.models import Override, RuleVersion
from encounters.completeness.selectors import counts_by_stay, gaps_of
from encounters.documents.models import DocumentBytes
from encounters.visits.models import Encounter, EncounterParticipant
from tests.emr.people import make_binh, make_chi, make_facility
from tests.encounters import chart
from tests.encounters.completeness.world import (
    entry,
    gaps,
    make_head,
    make_planner,
    make_record,
    papers,
    sign,
)
from tests.encounters.visits.ward import admit, ago, department, discharge, signed_in
from tests.patients.people import make_patient

pytestmark = pytest.mark.django_db


def page(name: str, *args: object) -> str:
    return reverse(f"encounters:completeness:{name}", args=args)


def attends(stay: Encounter, an: User) -> None:
    EncounterParticipant.objects.create(
        facility=stay.facility, encounter=stay, practitioner=an, role="ATND", starts_at=stay.begins_at
    )


def test_the_checklist_names_who_owes_what_and_leads_there() -> None:
    an, stay = make_record(days=2)
    attends(stay, an)
    made = entry(stay, an)
    answer = signed_in(an).get(page("stay", stay.uuid))
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "BS. Nguyễn Văn An" in body
    assert f"/documents/{made.uuid}/" in body
    assert 'name="code" value="01/BV1"' in body, "what nobody began is begun here"
    assert 'name="reason"' not in body, "a doctor sets nothing aside"
    assert AuditEvent.objects.filter(action="completeness.read", agent_id=an.pk).count() == 1


def test_a_click_begins_the_entry_of_the_very_day() -> None:
    an, stay = make_record(days=2)
    gap = gaps(stay, "daily-entry")[0]
    assert gap.begins_at is not None
    at = timezone.localtime(gap.begins_at)
    told = {"code": gap.begins, "happened_at": f"{at:%d/%m/%Y %H:%M}", "late_reason": "Quên"}
    answer = signed_in(an).post(reverse("encounters:documents:begin", args=[stay.uuid]), told)
    assert answer.status_code == 302
    assert len(gaps(stay, "daily-entry")) == 1


def test_the_head_sets_a_gap_aside_and_it_is_shown_for_ever() -> None:
    _an, stay = make_record(days=1)
    hung = make_head()
    client = signed_in(hung)
    (gap,) = gaps(stay, "daily-entry")
    body = client.get(page("stay", stay.uuid)).content.decode()
    assert f'name="key" value="{gap.key}"' in body
    refused = client.post(page("override", stay.uuid), {"key": gap.key, "reason": ""})
    assert refused.status_code == 422
    done = client.post(page("override", stay.uuid), {"key": gap.key, "reason": "Chuyển đi chụp cả ngày"})
    assert done.status_code == 302
    body = client.get(page("stay", stay.uuid)).content.decode()
    assert "Chuyển đi chụp cả ngày" in body
    assert "Đỗ Mạnh Hùng" in body
    assert f'name="key" value="{gap.key}"' not in body
    assert AuditEvent.objects.filter(action="gap.override").count() == 1


def test_another_wards_doctor_reaches_nothing_and_a_doctor_sets_nothing_aside() -> None:
    an, stay = make_record(days=1)
    (gap,) = gaps(stay, "daily-entry")
    told = {"key": gap.key, "reason": "Không cần nữa"}
    assert signed_in(make_chi()).get(page("stay", stay.uuid)).status_code == 404
    assert signed_in(an).post(page("override", stay.uuid), told).status_code == 403
    assert signed_in(an).get(page("rules")).status_code == 403
    assert not Override.objects.exists()


def test_who_owes_what_by_record_by_person_and_ones_own() -> None:
    an, stay = make_record(days=2)
    attends(stay, an)
    entry(stay, an)
    hoa = admit(make_patient("Trần Thị Hoa"), at=ago(days=1), late_reason="Nhập lại", record_type="01/BV1")
    client = signed_in(make_head())
    body = client.get(page("worklist")).content.decode()
    assert "NGUYỄN THỊ ĐÀO" in body
    assert "TRẦN THỊ HOA" in body
    client.post(page("worklist"), {"chip": "records", "q": "hoa tran"})
    body = client.get(page("worklist")).content.decode()
    assert "TRẦN THỊ HOA" in body
    assert "NGUYỄN THỊ ĐÀO" not in body, "without accents, in any order"
    client.post(page("worklist"), {"chip": "people"})
    body = client.get(page("worklist")).content.decode()
    assert "BS. Nguyễn Văn An" in body
    assert "Trưởng khoa" in body, "where no doctor is named the head owes it"
    del hoa
    own = signed_in(an)
    body = own.get(page("worklist")).content.decode()
    assert "Theo người" not in body, "who oversees nothing sees their own"
    assert "Chưa ký" in body
    assert "NGUYỄN THỊ ĐÀO" in own.get(page("mine")).content.decode()
    assert "NGUYỄN THỊ ĐÀO" not in signed_in(make_chi()).get(page("worklist")).content.decode()


def test_records_that_are_archived_or_left_long_ago_stand_on_no_list() -> None:
    an, stay = make_record(days=2)
    hung = make_head()
    discharge(stay, by=an)
    assert worklist.gaps_overseen(hung)
    Encounter.objects.filter(pk=stay.pk).update(archive_number="26/00001", record_state="archived")
    assert not worklist.gaps_overseen(hung)
    assert gaps_of(Encounter.objects.get(pk=stay.pk)), "its own page stays"


def test_planning_changes_a_rule_in_the_browser() -> None:
    _an, stay = make_record(days=1)
    lan = make_planner()
    client = signed_in(lan)
    body = client.get(page("rules")).content.decode()
    assert "daily-entry" in body
    opened = client.get(page("rule", "daily-entry"))
    form = opened.context["form"]
    told = {name: value for name, value in form.initial.items() if value is not None and value is not False}
    told |= {
        "record_types": "01/BV1, 10/BV1",
        "parameter_codes": "36/BV2",
        "blocks": "",
        "reason": "Thí điểm",
        "begins_on": f"{local_today():%d/%m/%Y}",
    }
    answer = client.post(page("rule", "daily-entry"), told)
    assert answer.status_code == 302, answer.context["form"].errors
    (gap,) = gaps(stay, "daily-entry")
    assert not gap.blocks
    made = RuleVersion.objects.get()
    assert made.content["record_types"] == ["01/BV1", "10/BV1"]
    assert "Thí điểm" in client.get(page("rule", "daily-entry")).content.decode()
    late = client.post(page("rule", "daily-entry"), told | {"after": "0"})
    assert late.status_code == 422, "somebody was quicker"
    bad = client.post(page("rule", "daily-entry"), told | {"after": "1", "begins_on": "01/01/2020"})
    assert bad.status_code == 422


def test_a_rule_of_the_facilitys_own_begins_with_a_code_and_a_kind() -> None:
    client = signed_in(make_planner())
    answer = client.post(page("rules"), {"code": "nutrition", "kind": "form"})
    assert answer.status_code == 302
    assert answer["Location"].endswith("/completeness/rules/nutrition/?kind=form")
    told = {
        "is_on": "on", "blocks": "on", "overridable": "on", "begins_on": f"{local_today():%d/%m/%Y}",
        "record_types": "*", "classes": ["IMP"], "owner": "attending", "words_vi": "Chưa có $form",
        "parameter_codes": "29/BV2", "parameter_state": "signed", "reason": "Theo quy chế", "after": "0",
    }  # fmt: skip
    assert client.get(answer["Location"]).status_code == 200
    kept = client.post(answer["Location"], told)
    assert kept.status_code == 302, kept.context["form"].errors
    _an, stay = make_record()
    (gap,) = gaps(stay, "nutrition")
    assert gap.words.startswith("Chưa có 29/BV2")
    assert client.get(page("rule", "never-was")).status_code == 404
    assert client.post(page("rules"), {"code": "Ấ", "kind": "form"}).status_code == 422


def test_who_owes_something_is_told_once_a_day() -> None:
    an, stay = make_record(days=3)
    attends(stay, an)
    thu = make_binh(department())
    facility = make_facility()
    assert telling.remind(facility) >= 1
    assert telling.remind(facility) >= 1
    (notice,) = Notice.objects.filter(kind=telling.OWED, recipients__user=an)
    assert notice.parameters["records"] == 1
    assert notice.parameters["gaps"] >= 3
    assert not NoticeRecipient.objects.filter(user=thu).exists(), "a nurse who isn't responsible owes nothing"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "local_today", lambda: local_today() + dt.timedelta(days=1))
        telling.remind(facility)
    standing = Notice.objects.filter(kind=telling.OWED, recipients__user=an, cause_gone_at=None)
    assert standing.count() == 1, "today's stands in yesterday's place"


def _long_stay(days: int, count: int) -> Encounter:
    """A stay of so many days with so many signed documents, and its record begun."""
    an, stay = make_record(days=days)
    attends(stay, an)
    first = entry(stay, an)
    sign(first)
    chart.begin(stay, an, code="01/BV1")
    moments = [ago(days=days * number / count) for number in range(1, count + 1)]
    made = papers(first, "36/BV2", moments[::2]) + papers(first, "38/BV2", moments[1::2])
    told = first.current_version.bytes.get(revision=1)  # type: ignore[union-attr]
    DocumentBytes.objects.bulk_create(
        DocumentBytes(
            version_id=document.current_version_id, revision=1, attachment=told.attachment, sha256=told.sha256
        )
        for document in made
    )
    return Encounter.objects.select_related("department", "patient").get(pk=stay.pk)


def _queries(stay: Encounter) -> int:
    _BLANKS.clear()
    with CaptureQueriesContext(connection) as asked:
        gaps_of(stay)
    return len(asked)


def test_forty_days_and_four_hundred_documents_take_the_queries_of_one_day_and_less_than_two_seconds() -> (
    None
):
    _an, small = make_record(days=1)
    entry(small, _an)
    chart.begin(small, _an, code="01/BV1")
    few = _queries(small)
    Encounter.objects.filter(pk=small.pk).update(status="entered-in-error")
    User.objects.filter(username="an").update(username="an1", staff_code="AN1")
    stay = _long_stay(40, 400)
    assert stay.documents.count() == 402
    assert _queries(stay) == few <= 24
    started = time.perf_counter()
    found = gaps_of(stay)
    took = time.perf_counter() - started
    assert took < 2, f"{took:.2f} s for {len(found)} gaps"


def test_as_many_queries_for_twelve_stays_as_for_two() -> None:
    an, stay = make_record(days=2)
    attends(stay, an)
    entry(stay, an)
    stays = [stay.pk]

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            found = counts_by_stay(stays)
        assert set(found) == set(stays)
        assert all(blocking for blocking, _advisory in found.values())
        return len(asked)

    few = count()
    for number in range(11):
        more = admit(
            make_patient(f"Lê Thị {number}"), at=ago(days=3), late_reason="Nhập lại", record_type="01/BV1"
        )
        entry(more, an)
        stays.append(more.pk)
    assert count() == few


def test_a_set_aside_gap_is_not_told_of() -> None:
    an, stay = make_record(days=1)
    attends(stay, an)
    before = len(worklist.own_gaps(an))
    (gap,) = gaps(stay, "daily-entry")
    services.override_gap(encounter=stay, key=gap.key, reason="Đi chụp cả ngày", by=make_head())
    assert len(worklist.own_gaps(an)) == before - 1

"""A new list ends what it changes and overwrites nothing; the database itself refuses two meanings on one day."""

import datetime as dt

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from emr.audit.models import AuditEvent, RowVersion
from emr.terminology.models import CodeSystem, Concept, Flag
from emr.terminology.rows import Row
from emr.terminology.selectors import choices, choices_by_system, concept, displays
from tests.emr.terminology.catalogue import LONG_AGO, SOME, bring_in

pytestmark = pytest.mark.django_db
JULY = dt.date(2026, 7, 1)
JUNE = dt.date(2026, 6, 30)


def test_a_changed_title_ends_the_old_meaning_the_day_before() -> None:
    bring_in(SOME)
    report = bring_in([Row(2, "J18.9", "Viêm phổi không xác định tác nhân")], day=JULY)
    assert (report.changed, report.added, report.unchanged) == (1, 0, 0)
    before, after = concept("icd10", "J18.9", JUNE), concept("icd10", "J18.9", JULY)
    assert before is not None
    assert after is not None
    assert (before.display, before.valid_to) == ("Viêm phổi, không đặc hiệu", JUNE)
    assert (after.display, after.valid_to) == ("Viêm phổi không xác định tác nhân", None)


def test_what_the_new_list_leaves_out_stays_as_it_was() -> None:
    bring_in(SOME)
    bring_in([Row(1, "C53.9", "Ung thư cổ tử cung")], day=JULY)
    after = concept("icd10", "C53.9", JULY)
    assert after is not None
    assert after.flags == [Flag.FEMALE_ONLY]
    bring_in([Row(1, "C53.9", None, flags=dict.fromkeys(Flag, False))], day=JULY + dt.timedelta(days=9))
    last = concept("icd10", "C53.9", JULY + dt.timedelta(days=9))
    assert last is not None
    assert last.flags == []
    assert last.display == "Ung thư cổ tử cung"


def test_the_same_again_changes_nothing() -> None:
    bring_in(SOME)
    report = bring_in(SOME, day=JULY)
    assert (report.unchanged, report.added, report.changed) == (len(SOME), 0, 0)
    assert Concept.objects.count() == len(SOME)


def test_a_complete_list_ends_what_it_lacks_and_a_part_does_not() -> None:
    bring_in(SOME)
    assert bring_in(SOME[:3], day=JULY).retired == 0
    assert bring_in(SOME[:3], day=JULY, complete=True).retired == len(SOME) - 3
    assert concept("icd10", "I10", JULY) is None
    assert concept("icd10", "I10", JUNE) is not None
    reopened = bring_in(SOME, day=JULY + dt.timedelta(days=30))
    assert reopened.added == len(SOME) - 3
    assert concept("icd10", "I10", JULY + dt.timedelta(days=30)) is not None
    assert concept("icd10", "I10", JULY + dt.timedelta(days=1)) is None


def test_an_earlier_day_than_a_known_meanings_is_refused_whole() -> None:
    bring_in(SOME)
    bring_in([Row(1, "I10", "Tăng huyết áp")], day=JULY)
    report = bring_in([Row(4, "I10", "Khác"), Row(5, "K35.8", "Viêm ruột thừa cấp")], day=JUNE)
    assert [(error.row, error.column) for error in report.errors] == [(4, "valid_from")]
    assert not report.applied
    assert concept("icd10", "K35.8", JULY) is None


def test_the_same_days_list_again_corrects_it_and_keeps_the_old_words_in_history() -> None:
    bring_in(SOME)
    report = bring_in([Row(5, "I10", "Tăng huyết áp nguyên phát")])
    assert (report.corrected, report.changed) == (1, 0)
    corrected = Concept.objects.get(code="I10")
    assert corrected.display == "Tăng huyết áp nguyên phát"
    kept = RowVersion.objects.get(table_name="terminology_concept", row_id=corrected.pk)
    assert kept.row["display"] == "Tăng huyết áp vô căn (nguyên phát)"


def test_a_code_twice_in_a_file_is_an_error() -> None:
    report = bring_in([Row(2, "I10", "Một"), Row(3, "I10", "Hai")])
    assert [error.row for error in report.errors] == [3]


def test_an_import_is_audited_once() -> None:
    bring_in(SOME)
    line = AuditEvent.objects.get(action="code_system.imported")
    assert line.detail["added"] == len(SOME)


def test_two_meanings_on_one_day_are_refused_by_the_database() -> None:
    bring_in(SOME)
    system = CodeSystem.objects.get(code="icd10")
    with pytest.raises(IntegrityError), transaction.atomic():
        Concept.objects.create(system=system, code="I10", display="Khác", search_text="", valid_from=JULY)


def test_a_meaning_cannot_be_deleted() -> None:
    bring_in(SOME)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Concept.objects.filter(code="I10").delete()


def test_titles_and_short_lists_in_one_query(django_assert_num_queries: object) -> None:
    bring_in(SOME)
    bring_in([Row(1, "2", "Chăm sóc cấp II"), Row(2, "1", "Chăm sóc cấp I")], system="care-level")
    with django_assert_num_queries(1):  # type: ignore[operator]
        titles = displays([("icd10", "I10"), ("care-level", "1"), ("icd10", "1"), ("icd10", "nil")])
    assert titles == {
        ("icd10", "I10"): "Tăng huyết áp vô căn (nguyên phát)",
        ("care-level", "1"): "Chăm sóc cấp I",
    }
    with django_assert_num_queries(1):  # type: ignore[operator]
        lists = choices_by_system(["care-level", "diet"])
    assert lists == {"care-level": [("1", "Chăm sóc cấp I"), ("2", "Chăm sóc cấp II")], "diet": []}
    assert choices("care-level", on=LONG_AGO - dt.timedelta(days=1)) == []
    assert displays([]) == {}

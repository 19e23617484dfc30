"""A draft becomes a version by a second person; documents on earlier versions stay as they were, byte for byte."""

import datetime as dt
import json

import pytest
from django.db import DatabaseError

from emr.accounts.models import User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today
from emr.common.errors import Conflict, DomainError
from encounters.designing import services
from encounters.designing.exchange import as_file
from encounters.designing.models import FormDraft
from encounters.designing.selectors import forms_of, versions_of
from encounters.documents import services as documents
from encounters.documents.models import DocumentBytes, DocumentVersion
from encounters.documents.services.printing import render_version
from encounters.forms.models import Questionnaire
from encounters.forms.selectors import current_questionnaire
from tests.emr.people import make_facility
from tests.encounters import chart
from tests.encounters.designing.people import changing, make_draft, make_ha, make_quan, shipped, signed_in
from tests.encounters.designing.test_exchange import plain, raw
from tests.encounters.documents.entries import write

pytestmark = pytest.mark.django_db
TODAY = local_today()


@pytest.fixture
def quan() -> User:
    return make_quan()


@pytest.fixture
def ha() -> User:
    return make_ha()


def with_field(draft: FormDraft, words: str = "Ghi chú thêm") -> FormDraft:
    return services.add_field(
        draft=draft, revision=draft.revision, by=draft.changed_by, kind="text", words=words
    )[0]


def publish(
    draft: FormDraft, by: User, begins_on: dt.date = TODAY, *, in_spite: bool = False
) -> Questionnaire:
    return services.publish_draft(
        draft=draft,
        revision=draft.revision,
        begins_on=begins_on,
        note="Thêm ghi chú",
        by=by,
        in_spite=in_spite,
    )


def test_a_changed_form_is_the_houses_own_next_version_and_the_delivered_one_stays(
    quan: User, ha: User
) -> None:
    before = shipped()
    version = publish(with_field(changing(quan)), ha)
    assert (version.facility, version.code, version.version) == (quan.facility, "39/BV2", "1")
    assert version.resource["derivedFrom"] == [before.canonical]
    assert current_questionnaire("39/BV2", facility=quan.facility) == version
    assert current_questionnaire("39/BV2", facility=make_facility("11111", "Viện khác")) == before
    assert shipped().resource == before.resource
    line = AuditEvent.objects.get(action="form.publish")
    assert (line.agent_id, line.detail["code"]) == (ha.pk, "39/BV2")


def test_what_was_written_on_the_old_version_stays_byte_for_byte(quan: User, ha: User) -> None:
    an, stay = chart.make_stay()
    document = write(stay, an, "Tỉnh, không sốt.")
    chart.deliver_all()
    version = DocumentVersion.objects.get(document=document)
    pdf, stored = render_version(version), DocumentBytes.objects.get(version=version, revision=0).sha256
    client = signed_in(an)
    page = client.get(f"/documents/{document.uuid}/").content.decode()
    half_written = chart.begin(stay, an)

    publish(with_field(changing(quan, "36/BV2"), "Trường mới của viện"), ha)

    version = DocumentVersion.objects.get(document=document)
    assert render_version(version) == pdf
    assert DocumentBytes.objects.get(version=version, revision=0).sha256 == stored
    after = client.get(f"/documents/{document.uuid}/").content.decode()
    assert _without_tokens(after) == _without_tokens(page)
    assert chart.draft_of(half_written).questionnaire == shipped("36/BV2"), "what was begun goes on"
    assert chart.draft_of(chart.begin(stay, an)).questionnaire.facility == quan.facility


def _without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrf" not in line and "nonce" not in line]


def test_nobody_publishes_what_they_worked_on(quan: User, ha: User) -> None:
    draft = with_field(changing(quan))
    draft = services.add_field(draft=draft, revision=draft.revision, by=ha, kind="string", words="Của Hà")[0]
    with pytest.raises(DomainError) as refusal:
        publish(draft, ha)
    assert refusal.value.code == "own_work"
    assert not Questionnaire.objects.filter(facility=quan.facility).exists()


def test_a_lost_field_is_warned_of_and_a_lost_source_of_a_formula_stops(quan: User, ha: User) -> None:
    draft = changing(quan)
    gone = next(
        item["linkId"]
        for group in draft.resource["item"]
        for item in group.get("item", [])
        if item["type"] == "open-choice"
    )
    draft, _none = services.remove_field(draft=draft, revision=draft.revision, by=quan, link_id=gone)
    with pytest.raises(DomainError) as refusal:
        publish(draft, ha)
    assert refusal.value.code == "warned"
    draft, _none = services.remove_field(draft=draft, revision=draft.revision, by=quan, link_id="scale.eyes")
    with pytest.raises(DomainError) as refusal:
        publish(draft, ha, in_spite=True)
    assert refusal.value.code == "not_right"
    draft = services.take_back(draft=draft, revision=draft.revision, by=quan)
    assert publish(draft, ha, in_spite=True).version == "1"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"begins_on": TODAY - dt.timedelta(days=1)}, "begun"),
        ({"note": "ok"}, "no_note"),
        ({"revision": 1}, "conflict"),
    ],
)
def test_what_publishing_asks_for(quan: User, ha: User, said: dict[str, object], code: str) -> None:
    draft = with_field(changing(quan))
    told = {
        "draft": draft,
        "revision": draft.revision,
        "begins_on": TODAY,
        "note": "Thêm trường",
        "by": ha,
    } | said
    with pytest.raises(DomainError) as refusal:
        services.publish_draft(**told)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_pressed_twice_it_is_published_once_and_never_changes_after(quan: User, ha: User) -> None:
    draft = with_field(changing(quan))
    version = publish(draft, ha)
    assert publish(draft, ha) == version
    with pytest.raises(Conflict):
        with_field(draft)
    version.resource["title"] = "Khác"
    with pytest.raises(DatabaseError):
        version.save()


def test_versions_follow_each_other_and_the_last_day_leads_back_to_the_delivered_form(
    quan: User, ha: User
) -> None:
    first = publish(with_field(changing(quan)), ha)
    second = publish(
        with_field(services.begin_draft(version=first, by=quan)), ha, TODAY + dt.timedelta(days=10)
    )
    first.refresh_from_db()
    assert (second.version, first.effective_to) == ("2", TODAY + dt.timedelta(days=9))
    assert "derivedFrom" in second.resource
    with pytest.raises(DomainError) as refusal:
        publish(with_field(services.begin_draft(version=second, by=quan)), ha)
    assert refusal.value.code == "before_another"
    services.end_version(version=second, last_day=TODAY + dt.timedelta(days=20), by=ha)
    days = {0: first, 10: second, 20: second, 21: shipped()}
    found = {
        n: current_questionnaire("39/BV2", on=TODAY + dt.timedelta(days=n), facility=quan.facility)
        for n in days
    }
    assert found == days
    with pytest.raises(DomainError):
        services.end_version(version=shipped(), last_day=TODAY, by=ha)
    lines = versions_of(quan.facility, "39/BV2")
    assert [(line.version, line.is_present) for line in lines] == [
        (second, False),
        (first, True),
        (shipped(), False),
    ]


def test_a_form_of_the_houses_own_is_begun_written_and_printed(quan: User, ha: User) -> None:
    an, stay = chart.make_stay()
    draft = with_field(make_draft(quan))
    version = publish(draft, ha)
    document = documents.begin_document(encounter=stay, code="NB-01/K03", by=an)
    assert chart.draft_of(document).questionnaire == version
    body = signed_in(an).get(f"/encounters/{stay.uuid}/documents/new").content.decode()
    assert "Phiếu theo dõi sau thủ thuật" in body or "NB-01/K03" in body


@pytest.mark.parametrize("code", ["39/BV2", "x", "NB 01", "31/BV1", "A" * 21])
def test_codes_that_are_in_use_or_none_are_refused(quan: User, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        services.begin_new(code=code, title="Phiếu", by=quan)
    assert refusal.value.field == "code"


def test_a_strangers_form_is_taken_in_published_and_given_out(quan: User, ha: User) -> None:
    draft, taken = services.take_in_file(content=raw("android-mypain"), code="NGOAI-01", by=quan)
    draft = FormDraft.objects.get(pk=draft.pk)
    assert json.loads(as_file(draft.resource)) == plain("android-mypain")
    assert taken.notes
    version = Questionnaire.objects.get(pk=publish(draft, ha, in_spite=True).pk)
    given, came = json.loads(as_file(version.resource)), plain("android-mypain")
    ours = {"url", "version", "status", "date", "effectivePeriod", "code", "derivedFrom"}
    assert {name: value for name, value in given.items() if name not in ours} == {
        name: value for name, value in came.items() if name not in ours
    }
    assert given["derivedFrom"] == [f"{came['url']}|{came['version']}" if "version" in came else came["url"]]
    assert [coding for coding in given["code"] if coding["system"] != "urn:benhanmo:form-code"] == came.get(
        "code", []
    )


def test_a_file_for_a_form_that_is_being_changed_is_refused(quan: User) -> None:
    changing(quan)
    with pytest.raises(Conflict):
        services.take_in_file(content=raw("android-mypain"), code="39/BV2", by=quan)


def test_a_thrown_away_draft_gives_its_code_free(quan: User) -> None:
    draft = make_draft(quan)
    services.discard_draft(draft=draft, by=quan)
    services.discard_draft(draft=draft, by=quan)
    assert AuditEvent.objects.filter(action="form.discard").count() == 1
    assert make_draft(quan) != draft


def test_a_copy_begins_as_the_form_it_is_of(quan: User) -> None:
    draft = services.begin_copy(version=shipped(), code="NB-02/K03", title="Phân loại riêng", by=quan)
    assert draft.resource["item"] == shipped().resource["item"]
    assert draft.title == "Phân loại riêng"


def test_the_list_is_narrowed_by_words_kind_and_validity(quan: User, ha: User) -> None:
    publish(with_field(changing(quan)), ha)
    make_draft(quan)

    def codes(**asked: str) -> list[str]:
        return [line.code for line in forms_of(quan.facility, **asked)]

    assert codes(words="phan loai cap cuu") == ["39/BV2"]
    assert codes(state="own") == ["39/BV2", "NB-01/K03"]
    assert codes(state="draft") == ["NB-01/K03"]
    assert {code.rpartition("/")[2] for code in codes(kind="record")} == {"BV1"}
    assert len(codes()) > 60

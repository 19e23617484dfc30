"""The morning's sign-off: by whom, with what was open, kept as it was; and the reminder where nobody did it."""

import datetime as dt
from html import unescape

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from freezegun import freeze_time

from emr.accounts.models import FacilitySetting, Organization, User
from emr.audit.models import AuditEvent
from emr.common.clock import local_today, now
from emr.common.errors import Conflict, DomainError
from emr.notices.models import Notice
from integrations.reconciling import kinds
from integrations.reconciling.days import Day
from integrations.reconciling.models import SignedFinding, SignOff
from integrations.reconciling.selectors import board_of, days_owed, has_changed, lines_of
from integrations.reconciling.services import sign_off, tell_owed
from integrations.reconciling.watching import look as look_at_all
from integrations.transport.models import Channel, DeadLetter, MessageState
from integrations.transport.services import dismiss
from tests.emr.people import make_facility, make_user
from tests.integrations.conftest import ago, work_off
from tests.integrations.messages import adt
from tests.integrations.reconciling.conftest import receive
from tests.integrations.reconciling.test_pages import main, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def yesterday(facility: Organization) -> Day:
    """One stay was admitted; one message couldn't be used; one speaks of a stay that isn't here."""
    with freeze_time(now() - dt.timedelta(days=1)):
        receive(adt("A01", "Y1", at=ago(26)))
        receive(adt("A08", "Y2", at=ago(25), visit="DT000900"))
        receive(adt("A01", "Y3", at=ago(25), number="BN000002", visit="DT000002", place=""))
        day, moment = Day(local_today()), now()
    work_off()
    MessageState.objects.update(changed_at=moment)
    return day


def sign(
    facility: Organization, day: Day, by: User, *, note: str = "", notes: tuple[str, ...] = ()
) -> SignOff:
    """Sign what stands there now."""
    board = board_of(facility, day)
    said = dict(zip([finding.id for finding in board.findings], notes, strict=False))
    return sign_off(facility=facility, day=day, shown=board.fingerprint, note=note, notes=said, by=by)


def test_a_day_is_signed_with_its_counts_and_what_was_open(
    facility: Organization, yesterday: Day, tin: User
) -> None:
    signed = sign(facility, yesterday, tin, note="Đã báo HIS gửi lại")
    assert (signed.version, signed.signed_by, signed.note) == (1, tin, "Đã báo HIS gửi lại")
    assert signed.counts["matters"]["stay"]["HIS · 99999"] == [3, 1]
    assert signed.counts["findings"][kinds.DEAD_LETTER] == {"HIS · 99999": 1}
    assert set(signed.findings.values_list("kind", "number")) == {
        (kinds.DEAD_LETTER, "Y3"),
        (kinds.STAY_NOT_HERE, "DT000900"),
        (kinds.STAY_NOT_HERE, "DT000002"),
    }
    event = AuditEvent.objects.get(action="reconciliation.sign")
    assert (event.agent_id, event.detail["findings"]) == (tin.pk, 3)


def test_something_is_said_about_every_open_finding(
    facility: Organization, yesterday: Day, tin: User
) -> None:
    for notes in ((), ("một",), ("một", "hai", "  ")):
        with pytest.raises(DomainError) as refusal:
            sign(facility, yesterday, tin, notes=notes)
        assert (refusal.value.code, refusal.value.field) == ("note_missing", "note")
    assert not SignOff.objects.exists()
    signed = sign(facility, yesterday, tin, notes=("một", "hai", "ba"))
    assert set(signed.findings.values_list("note", flat=True)) == {"một", "hai", "ba"}


def test_a_day_on_which_everything_fits_needs_no_word(facility: Organization, tin: User) -> None:
    signed = sign(facility, Day(local_today() - dt.timedelta(days=2)), tin)
    assert not signed.findings.exists()


def test_a_day_that_still_runs_is_not_signed(facility: Organization, tin: User) -> None:
    with pytest.raises(DomainError) as refusal:
        sign(facility, Day(local_today()), tin, note="Sớm")
    assert refusal.value.code == "not_over"


def test_what_came_between_is_looked_at_first(facility: Organization, yesterday: Day, tin: User) -> None:
    shown = board_of(facility, yesterday).fingerprint
    dismiss(DeadLetter.objects.get(), note="Không cần", by=tin)
    with pytest.raises(Conflict) as refusal:
        sign_off(facility=facility, day=yesterday, shown=shown, note="Xong", notes={}, by=tin)
    assert refusal.value.code == "changed"
    assert not SignOff.objects.exists()


def test_the_same_day_is_signed_once_and_anew_when_it_changed(
    facility: Organization, yesterday: Day, tin: User
) -> None:
    first = sign(facility, yesterday, tin, note="Đang xử lý")
    with pytest.raises(Conflict) as refusal:
        sign(facility, yesterday, tin, note="Lần nữa")
    assert refusal.value.code == "unchanged"
    assert not has_changed(board_of(facility, yesterday), first)
    dismiss(DeadLetter.objects.get(), note="Không cần", by=tin)
    board = board_of(facility, yesterday)
    assert has_changed(board, first)
    gone = [line for line in lines_of(board, first) if line.is_gone]
    assert [(line.kind, line.number) for line in gone] == [(kinds.DEAD_LETTER, "Y3")]
    second = sign(facility, yesterday, tin, note="Đã xong một")
    assert second.version == 2
    assert first.findings.count() == 3, "what was signed before stays as it was"


@pytest.mark.parametrize("table", [SignOff, SignedFinding])
def test_nothing_signed_is_changed_or_deleted(
    facility: Organization, yesterday: Day, tin: User, table: type[SignOff]
) -> None:
    sign(facility, yesterday, tin, note="Đang xử lý")
    for change in (lambda rows: rows.update(note="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(table._default_manager.all())


def test_the_page_keeps_what_was_typed_when_it_is_refused(
    desk: Client, facility: Organization, yesterday: Day
) -> None:
    shown = board_of(facility, yesterday).fingerprint
    told = {"day": yesterday.on.isoformat(), "shown": shown, "note": ""}
    html = unescape(desk.get(page("board", day=told["day"])).content.decode())
    field = html.split('name="note-', 1)[1].split('"', 1)[0]
    refused = desk.post(page("sign"), told | {f"note-{field}": "Chờ HIS"})
    assert refused.status_code == 422
    assert 'value="Chờ HIS"' in main(refused.content.decode())
    stale = desk.post(page("sign"), told | {"shown": "0" * 64, "note": "Đã gọi HIS"})
    assert stale.status_code == 409
    again = main(stale.content.decode())
    assert "Đã gọi HIS" in again
    assert shown in again, "the next attempt signs what is shown now"
    done = desk.post(page("sign"), told | {"note": "Đã gọi HIS"})
    assert done.status_code == 302
    signed = main(desk.get(done["Location"]).content.decode())
    assert "Lý Văn Tin đã xác nhận" in signed
    assert 'id="sign-off"' not in signed


def test_a_signed_day_shows_its_numbers_and_what_is_another_one_now(
    desk: Client, facility: Organization, yesterday: Day, tin: User
) -> None:
    sign(facility, yesterday, tin, note="Đang xử lý")
    dismiss(DeadLetter.objects.get(), note="Không cần", by=tin)
    html = main(desk.get(page("board", day=yesterday.on.isoformat())).content.decode())
    assert "Có thay đổi sau khi xác nhận" in html
    assert "(hiện là 0)" in html
    listed = main(desk.get(page("findings", day=yesterday.on.isoformat())).content.decode())
    assert "đã hết sau khi xác nhận" in listed


class TestReminding:
    """On the morning after today, so that everybody's role holds already."""

    def _open_since(self, facility: Organization, moment: dt.datetime) -> None:
        """The channels have been open since then."""
        Channel.objects.filter(facility=facility).update(created_at=moment)

    def _tomorrow(self, **after_midnight: float) -> dt.datetime:
        return Day(local_today()).ends + dt.timedelta(**after_midnight)

    def test_from_the_set_hour_on_the_day_before_is_owed(self, facility: Organization, tin: User) -> None:
        self._open_since(facility, Day(local_today()).begins - dt.timedelta(hours=1))
        with freeze_time(self._tomorrow(hours=8, minutes=59)):
            assert tell_owed(facility) == []
            assert not Notice.objects.exists()
        with freeze_time(self._tomorrow(hours=9)):
            look_at_all()
            look_at_all()
            notice = Notice.objects.get(kind="reconciling.unsigned")
            assert notice.parameters["count"] == 1
            assert list(notice.recipients.values_list("user", flat=True)) == [tin.pk]
            sign(facility, Day(local_today() - dt.timedelta(days=1)), tin)
            assert Notice.objects.get().cause_gone_at is not None

    def test_days_before_the_first_channel_are_nobody_s(self, facility: Organization) -> None:
        assert days_owed(facility, 0) == []
        self._open_since(facility, now() - dt.timedelta(days=30))
        assert len(days_owed(facility, 0)) == 7
        Channel.objects.update(is_enabled=False)
        assert days_owed(facility, 0) == []

    def test_the_hour_is_the_facility_s(self, facility: Organization) -> None:
        self._open_since(facility, Day(local_today()).begins - dt.timedelta(hours=1))
        FacilitySetting.objects.create(facility=facility, name="reconciling_sign_hour", value=14)
        with freeze_time(self._tomorrow(hours=12)):
            assert tell_owed(facility) == []
        with freeze_time(self._tomorrow(hours=15)):
            assert len(tell_owed(facility)) == 1

    def test_another_facility_s_people_hear_nothing(self, facility: Organization, tin: User) -> None:
        other = make_facility("88888", "Bệnh viện khác")
        stranger = make_user("la", "Người Lạ", "integration", other)
        self._open_since(facility, now() - dt.timedelta(days=3))
        with freeze_time(self._tomorrow(hours=12)):
            look_at_all()
        assert not Notice.objects.filter(recipients__user=stranger).exists()
        assert Notice.objects.filter(recipients__user=tin).exists()

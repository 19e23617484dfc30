"""What a facility chooses: declared once, changed by one page, against what was shown, on record and told."""

import datetime as dt
import re
from typing import Any

import pytest
from django.urls import get_resolver
from django.utils import timezone
from django.utils.translation import override

from emr.accounts.models import FacilitySetting, Organization, User
from emr.accounts.services import facility_setting, keep_setting
from emr.audit.models import AuditEvent
from emr.common import choices
from emr.common.choices import (
    BadValue,
    Days,
    Departments,
    Hours,
    OneOf,
    Reasons,
    Roles,
    RolesBy,
    Setting,
    Whole,
    YesNo,
    all_declared,
    declared,
)
from emr.common.errors import Conflict, DomainError
from emr.local.home import CHECKOUT
from emr.notices.models import NoticeRecipient
from emr.signin.models import StaffSession
from emr.staff import services
from emr.staff.forms import SettingForm
from emr.staff.selectors.settings import names_of
from encounters.visits.shifts import ShiftList
from tests.emr.people import make_an, make_department, make_facility
from tests.emr.signin.test_factors import administrator
from tests.emr.signin.test_sessions import come_in

pytestmark = pytest.mark.django_db
BASE = "/administration/settings/"


@pytest.fixture(autouse=True)
def everything_is_imported() -> None:
    assert get_resolver().url_patterns


@pytest.fixture
def admin() -> User:
    return administrator("quan")


def _sources() -> list[str]:
    houses = ("emr", "patients", "encounters", "signatures", "integrations")
    return [path.read_text(encoding="utf-8") for house in houses for path in (CHECKOUT / house).rglob("*.py")]


def test_no_undeclared_name_is_read_and_none_is_declared_in_vain() -> None:
    """By the sources: through `facility_setting`, and by the statements that read the table themselves."""
    texts = [text for text in _sources() if "facility_setting(" in text or "accounts_facilitysetting" in text]
    read: set[str] = set()
    for text in texts:
        read |= set(re.findall(r'facility_setting\([^()]*?"([a-z0-9_]+)"', text, re.S))
        read |= set(re.findall(r"\bname = '([a-z0-9_]+)'", text))
        constants = set(re.findall(r"facility_setting\([^()]*?, ([A-Z_]+)\)", text))
        for constant in constants:
            read |= set(re.findall(rf'^{constant} = "([a-z0-9_]+)"', text, re.M))
    names = {setting.name for setting in all_declared()}
    # One setting a form: their names are put together, `f"confirm_{code}"`, where they are read.
    families = {found for text in texts for found in re.findall(r'return f"([a-z]+_)\{', text)}
    read |= {name for name in names if name.startswith(tuple(families))}
    assert read == names
    assert len(names) >= 19


def test_an_undeclared_name_is_refused(admin: User) -> None:
    with pytest.raises(LookupError):
        facility_setting(admin.facility_id, "idle_minuets")
    with pytest.raises(LookupError):
        keep_setting(facility=admin.facility, name="idle_minuets", value=1, by=admin)
    with pytest.raises(ValueError, match="declared twice"):
        choices.declare(declared("idle_minutes"))


def _other(setting: Setting) -> Any:  # noqa: PLR0911  one line a kind
    """A value that isn't the usual one."""
    match setting:
        case Whole():
            return setting.most if setting.usual != setting.most else setting.least
        case YesNo():
            return not setting.usual
        case OneOf():
            return next(code for code, _words in setting.options if code != setting.usual)
        case Roles():
            return ["nurse"] if setting.usual != ["nurse"] else []
        case Departments():
            return ["K03"]
        case RolesBy():
            return {key: ["doctor"] for key, _words in setting.keys}
        case Days():
            return ["2027-01-01", "2027-04-30"]
        case Hours():
            return [5, 23]
        case ShiftList():
            return [["sang", "Sáng 06:00"], ["ngay-7g30", "Ngày 7g30"]]
        case Reasons():
            return [["life-threat", "Cấp cứu, đe dọa tính mạng"], ["ly-do-moi", "Lý do mới"]]
    raise TypeError(setting)


def _posted(form: SettingForm) -> dict[str, Any]:
    """What a browser sends of the form as it is shown."""
    return {name: form[name].value() for name in form.fields}


def test_every_setting_round_trips_through_its_form(admin: User) -> None:
    make_department(admin.facility)
    names = names_of(admin.facility_id)
    for setting in all_declared():
        for value in (setting.usual, _other(setting)):
            setting.check(value)
            about = {"setting": setting, "value": value, "names": names, "version": 3}
            sent = SettingForm(_posted(SettingForm(**about)), **about)
            assert sent.is_valid(), (setting.name, sent.errors)
            assert sent.value() == (list(value) if isinstance(value, tuple) else value), setting.name
            assert sent.cleaned_data["version"] == 3


def test_every_setting_is_changed_kept_and_goes_back(admin: User) -> None:
    make_department(admin.facility)
    for setting in all_declared():
        about = {"facility": admin.facility, "setting": setting, "by": admin}
        services.change_setting(**about, value=_other(setting), version=0)
        assert facility_setting(admin.facility_id, setting.name) == _other(setting)
        row = FacilitySetting.objects.get(name=setting.name)
        assert (row.changed_by, row.version) == (admin, 1)
        line = AuditEvent.objects.filter(action="setting.change").latest("pk")
        assert line.detail["old"] == (
            list(setting.usual) if isinstance(setting.usual, tuple) else setting.usual
        )
        assert line.detail["new"] == _other(setting)
        services.forget_setting(**about, version=1)
        assert facility_setting(admin.facility_id, setting.name) == setting.usual


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("idle_minutes", [0, 61, "10", True, None, 1.5]),
        ("recovery_needs_two", ["1", 1, None]),
        ("practice_check", ["never", None]),
        ("second_factor_roles", ["admin", [1], ["a", "a"]]),
        ("restricted_reach", [{}, {"department": []}, [], {"department": "x", "facility": [], "desk": []}]),
        (
            "holidays",
            [["31/12/2026"], ["2026-02-30"], ["0001-01-01"], "2026-01-01", ["2026-01-01", "2026-01-01"]],
        ),
        ("day_hours", [[22, 6], [6], [0, 25], ["6", "22"]]),
        ("emergency_reasons", [[], [["a"]], [["a", ""]], [["a", "x"], ["a", "y"]], [["a" * 31, "x"]]]),
    ],
)
def test_what_is_no_value_is_refused(admin: User, name: str, bad: list[Any]) -> None:
    setting = declared(name)
    for value in bad:
        with pytest.raises(BadValue):
            setting.check(value)
        with pytest.raises(DomainError):
            services.change_setting(
                facility=admin.facility, setting=setting, value=value, version=0, by=admin
            )
    assert not FacilitySetting.objects.exists()


def test_a_role_or_department_must_exist_unless_it_stood_there(admin: User) -> None:
    setting = declared("night_roles")
    about = {"facility": admin.facility, "setting": setting, "by": admin}
    with pytest.raises(DomainError):
        services.change_setting(**about, value=["doctor", "wizard"], version=0)
    FacilitySetting.objects.create(facility=admin.facility, name="night_roles", value=["gone", "doctor"])
    services.change_setting(**about, value=["gone"], version=1)


def test_two_who_change_one_at_a_time_and_the_second_sees_it(admin: User) -> None:
    other = administrator("hai", admin.practitioner_roles.get().department)
    one, two = come_in(admin), come_in(other)
    page = f"{BASE}sign_within_hours/"
    assert one.get(page).status_code == two.get(page).status_code == 200
    assert one.post(page, {"value": "48", "version": "0"}).headers["Location"] == BASE
    late = two.post(page, {"value": "12", "version": "0"})
    assert late.status_code == 409
    assert facility_setting(admin.facility_id, "sign_within_hours") == 48
    with pytest.raises(Conflict):
        services.forget_setting(
            facility=admin.facility, setting=declared("sign_within_hours"), version=0, by=other
        )
    assert two.post(page, {"value": "12", "version": "1"}).status_code == 302
    assert two.post(page, {"as_delivered": "1", "version": "2"}).status_code == 302
    assert not FacilitySetting.objects.exists()


@pytest.mark.parametrize("value", ["0", "721", "x"])
def test_a_value_out_of_bounds_is_shown_again(admin: User, value: str) -> None:
    answer = come_in(admin).post(f"{BASE}sign_within_hours/", {"value": value, "version": "0"})
    assert answer.status_code == 422
    assert f'value="{value}"' in answer.content.decode()


def test_what_guards_the_house_needs_fresh_proof_and_is_told_to_the_others(admin: User) -> None:
    """S-22."""
    other = administrator("hai", admin.practitioner_roles.get().department)
    client = come_in(admin)
    page = f"{BASE}guarding/idle_minutes/"
    assert client.get(f"{BASE}idle_minutes/").status_code == 404, "the other door is no way around"
    assert client.get(f"{BASE}guarding/sign_within_hours/").status_code == 404
    StaffSession.objects.update(proved_at=timezone.now() - dt.timedelta(minutes=16))
    assert client.post(page, {"value": "60", "version": "0"}).status_code == 401
    assert not FacilitySetting.objects.exists()
    client.post("/prove/", {"proof": "benhanmo"})
    assert client.post(page, {"value": "60", "version": "0"}).status_code == 302
    told = NoticeRecipient.objects.select_related("notice").get()
    assert told.user == other
    with override("vi"):
        assert told.notice.parameters["new"] == "60 phút"
    assert client.post(f"{BASE}sign_within_hours/", {"value": "48", "version": "0"}).status_code == 302
    assert NoticeRecipient.objects.count() == 1, "what guards nothing is told nobody"


def test_only_who_has_the_right_sees_and_changes(admin: User) -> None:
    an = make_an()
    client = come_in(an)
    assert client.get(BASE).status_code == 403
    assert client.post(f"{BASE}guarding/idle_minutes/", {"value": "60", "version": "0"}).status_code == 403
    far = make_facility("11111", "Bệnh viện khác")
    assert isinstance(far, Organization)
    services.change_setting(
        facility=admin.facility, setting=declared("cover_hours"), value=12, version=0, by=admin
    )
    assert facility_setting(far.pk, "cover_hours") == 24, "another house's choice is its own"


def test_the_page_shows_each_with_its_words(admin: User) -> None:
    services.change_setting(
        facility=admin.facility, setting=declared("cover_hours"), value=12, version=0, by=admin
    )
    with override("vi"):
        page = come_in(admin).get(BASE).content.decode()
        for setting in all_declared():
            assert f'id="setting-{setting.name}"' in page
            assert str(setting.label) in page.replace("&quot;", '"')
    assert "12 giờ" in page
    assert admin.full_name in page


@pytest.mark.parametrize("text", ["31/02/2027", "2027-01-01", "01/01/0001", "Tết"])
def test_what_is_no_day_of_the_calendar_is_named(admin: User, text: str) -> None:
    answer = come_in(admin).post(f"{BASE}holidays/", {"value": f"01/01/2027\n{text}", "version": "0"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f"“{text}”" in page
    assert "01/01/2027" in page, "what was typed stays"

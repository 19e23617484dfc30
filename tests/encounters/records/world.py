"""A record on its way: An completes it, Hoa countersigns, Tùng checks, Lưu archives, Hà approves lendings."""

import datetime as dt
import uuid
from typing import Any

from emr.accounts.models import FacilitySetting, Organization, User
from emr.common.clock import now
from encounters.completeness.models import RuleVersion
from encounters.completeness.rules import delivered
from encounters.records import services
from encounters.records.models import Loan, RecordEvent
from encounters.records.steps import STEPS
from encounters.visits.models import Encounter
from tests.emr.people import make_user
from tests.encounters.chart import load_forms
from tests.encounters.inspections.letters import make_ha, make_luu, make_tung
from tests.encounters.visits.ward import admit, ago, department, discharge

__all__ = ["make_ha", "make_luu", "make_tung"]
FAULTS = {"reason": "Bổ sung tờ điều trị ngày 2", "faults": ["CM03", "KY01"]}


def person(username: str) -> User:
    """Staff of these tests, made when first named."""
    makers = {
        "an": lambda: make_user("an", "Nguyễn Văn An", "doctor", department(), title="BS."),
        "hoa": lambda: make_user("hoa", "Trịnh Thị Hoa", "head_of_department", department(), title="BSCKII."),
        "tung": make_tung,
        "luu": make_luu,
        "ha": make_ha,
    }
    return User.objects.filter(username=username).first() or makers[username]()


def choose(name: str, value: Any, stay: Encounter) -> None:
    """The facility chooses."""
    FacilitySetting.objects.update_or_create(facility=stay.facility, name=name, defaults={"value": value})


def left(patient: Any = None, *, days: int = 0, **told: Any) -> Encounter:
    """A stay of internal medicine whose patient has gone home, so many days ago; nothing is missing in its record."""
    load_forms()
    late = {"late_reason": "Nhập lại"} if days else {}
    stay = admit(patient, at=ago(days=days, hours=30), attending=person("an"), **{"late_reason": "Nhập lại"})
    stay = discharge(stay, at=ago(days=days, hours=1), **late, **told)
    choose("record_head_signature", False, stay)
    ask_for_nothing(stay.facility)
    return stay


def ask_for_nothing(facility: Organization) -> None:
    """The facility has switched off what records must hold: completeness has tests of its own."""
    RuleVersion.objects.bulk_create(
        [
            RuleVersion(
                facility=facility,
                code=rule.code,
                number=1,
                begins_on=dt.date(2020, 1, 1),
                content=rule.content() | {"is_on": False},
                reason="Thử nghiệm",
                made_by=person("an"),
            )
            for rule in delivered()
        ],
        ignore_conflicts=True,
    )


WAY = {
    "complete": "an",
    "countersign": "hoa",
    "submit": "an",
    "accept": "tung",
    "archive": "luu",
}


def step(stay: Encounter, verb: str, who: str = "", **told: Any) -> RecordEvent:
    """One step, by who usually takes it."""
    usual = WAY | {"give_back": "hoa", "return": "tung", "reopen": "ha"}
    asked = {
        "return": FAULTS,
        "give_back": {"reason": "Thiếu sơ kết"},
        "reopen": {"reason": "Tòa án yêu cầu"},
    }
    known = {"request_key": uuid.uuid4(), **asked.get(verb, {})}
    return services.take_step(encounter=stay, verb=verb, by=person(who or usual[verb]), **(known | told))


def brought_to(state: str, stay: Encounter | None = None) -> Encounter:
    """A record in that state."""
    stay = stay or left()
    stay.refresh_from_db()
    while stay.record_state != state:
        step(stay, next(verb for verb in WAY if stay.record_state in STEPS[verb].before))
        stay.refresh_from_db()
    return stay


def lent(stay: Encounter, to: User, **told: Any) -> Loan:
    """Prepared by Lưu and approved by Hà."""
    loan = asked(stay, to, **told)
    return services.approve_loan(loan=loan, by=person("ha"))


def asked(stay: Encounter, to: User | None, **told: Any) -> Loan:
    """Prepared by Lưu."""
    usual: dict[str, Any] = {
        "kind": "electronic",
        "borrower": to,
        "outsider": "",
        "purpose": "Nghiên cứu ca bệnh",
        "paper_number": "12/KHTH",
        "ends_at": now() + dt.timedelta(days=3),
        "by": person("luu"),
    }
    return services.ask_for_loan(encounter=stay, **(usual | told))

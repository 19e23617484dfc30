"""A form of the demo hospital's own in force, and a delivered one that is being changed."""

from emr.accounts.models import User
from emr.common.clock import local_today
from encounters.designing.models import FormDraft
from encounters.designing.services import (
    add_field,
    begin_draft,
    begin_new,
    change_field,
    publish_draft,
    remove_field,
)
from encounters.forms.selectors import current_questionnaire

_TITLE = "Phiếu theo dõi sau nội soi tiêu hóa"


def build(people: dict[str, User]) -> None:
    """The administrator writes, the planning office publishes."""
    admin, planning = people["quantri"], people["khth"]
    if FormDraft.objects.filter(facility=admin.facility).exists():
        return
    draft = begin_new(code="NB-01/K03", title=_TITLE, by=admin)
    fields = (("dateTime", "Giờ về khoa"), ("choice", "Mức an thần"), ("integer", "Mạch"), ("text", "Dặn dò"))
    for kind, words in fields:
        draft, _link = add_field(draft=draft, revision=draft.revision, by=admin, kind=kind, words=words)
    draft, _none = remove_field(draft=draft, revision=draft.revision, by=admin, link_id="field")
    looks = {
        "muc-an-than": {"options": "1 | Tỉnh\n2 | Gọi mở mắt\n3 | Không đáp ứng"},
        "mach": {"unit": "lần/phút"},
    }
    for link_id, told in looks.items():
        draft, _link = change_field(
            draft=draft, revision=draft.revision, by=admin, link_id=link_id, told={"required": True, **told}
        )
    publish_draft(
        draft=draft,
        revision=draft.revision,
        begins_on=local_today(),
        note="Ban hành lần đầu theo quy trình nội soi của bệnh viện",
        by=planning,
    )
    triage = begin_draft(version=current_questionnaire("39/BV2", facility=admin.facility), by=admin)
    add_field(draft=triage, revision=1, by=admin, kind="string", words="Số xe cứu thương")

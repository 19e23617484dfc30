"""A form of the house's own brings its places to sign; the first time it is published they become its chain."""

import pytest

from emr.common.clock import now
from encounters.designing import services
from encounters.designing.models import FormDraft
from encounters.designing.services import Heading
from encounters.forms.models import Questionnaire
from signatures.signing.chains import chain_for, shipped
from signatures.signing.models import SigningChain
from tests.encounters.chart import deliver_all
from tests.encounters.designing.people import changing, make_draft, make_ha, make_quan

pytestmark = pytest.mark.django_db
SIGNERS = [
    ("author", "ĐIỀU DƯỠNG"),
    ("member", "NGƯỜI KIỂM TRA"),
    ("head_of_department", "TRƯỞNG KHOA"),
    ("director", "GIÁM ĐỐC"),
]


def publish(draft: FormDraft, signers: list[tuple[str, str]]) -> Questionnaire:
    heading = Heading(draft.title, "", "", "", None, signers)
    draft, _link = services.change_heading(
        draft=draft, revision=draft.revision, by=draft.changed_by, heading=heading
    )
    version = services.publish_draft(
        draft=draft,
        revision=draft.revision,
        begins_on=draft.changed_at.date(),
        note="Ban hành",
        by=make_ha(),
        in_spite=True,
    )
    deliver_all()
    return version


def test_who_signs_a_new_form_is_what_its_places_say() -> None:
    draft = make_draft(make_quan())
    publish(draft, SIGNERS)
    chain = chain_for(draft.facility_id, draft.code, at=now())
    assert [(place.position, place.who, place.code) for place in chain.places] == [
        (1, "members", ""),
        (2, "head", ""),
        (3, "role", "director"),
    ]
    assert SigningChain.objects.get().changed_by.username == "ha"


def test_a_form_that_its_author_alone_signs_gets_no_chain() -> None:
    publish(make_draft(make_quan()), SIGNERS[:1])
    assert not SigningChain.objects.exists()


def test_a_form_with_a_chain_keeps_it() -> None:
    code = "27/BV2"
    assert code in shipped()
    publish(changing(make_quan(), code), SIGNERS)
    assert not SigningChain.objects.exists()

"""Whose a phrase is, what opens as it is typed, and who may change it."""

import pytest
from django.db import connection
from django.db.utils import Error
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import RowVersion
from emr.common.errors import DomainError
from encounters.phrases.models import Phrase
from encounters.phrases.selectors import phrases_of, texts_of
from encounters.phrases.services import keep_phrase, remove_phrase
from encounters.phrases.telex import typed_in_telex
from tests.emr.people import make_an, make_binh, make_chi, make_user
from tests.encounters.visits.ward import department, signed_in

LIST = reverse("encounters:phrases:list")
LUNGS = "Phổi thông khí tốt, rì rào phế nang rõ hai bên, không ran."


@pytest.mark.parametrize(
    ("abbreviation", "stands"),
    [
        ("tha", "tha"),
        ("khoos", "kho"),  # khố
        ("ddauf", "dau"),  # đầu
        ("tim", "tim"),
        ("trinh", "trinh"),  # r before the vowel is a letter
        ("huwowngs", "huong"),  # hướng
        ("w", "u"),  # ư
        ("pnbt", "pnbt"),  # no vowel, no tone
        ("xq", "xq"),
        ("beenh", "benh"),
    ],
)
def test_telex_leaves_of_an_abbreviation_what_an_input_method_shows(abbreviation: str, stands: str) -> None:
    assert typed_in_telex(abbreviation) == stands


@pytest.mark.django_db
class TestKept:
    def test_one_s_own_goes_before_the_department_s_and_stays_one_s_own(self) -> None:
        an, binh, chi = make_an(department()), make_binh(department()), make_chi()
        head = make_user("truong", "Vũ Thị Trưởng", "head_of_department", department())
        keep_phrase(by=head, abbreviation="pnbt", text="Phổi bình thường.", department=department())
        keep_phrase(by=an, abbreviation=".PNBT", text=LUNGS)
        assert texts_of(an) == [{"short": "pnbt", "typed": "pnbt", "text": LUNGS}]
        assert [found["text"] for found in texts_of(binh)] == ["Phổi bình thường."]
        assert texts_of(chi) == []
        assert [phrase.text for phrase in phrases_of(an, "phoi THONG khí")] == [LUNGS]

    @pytest.mark.parametrize(
        ("abbreviation", "text", "code"),
        [("p1", LUNGS, "not_letters"), ("p n", LUNGS, "not_letters"), ("", LUNGS, "not_letters"), ("pn", "  ", "empty"),
         ("pn", "x" * 4001, "too_long")],
    )  # fmt: skip
    def test_what_can_t_be_typed_or_says_nothing_is_refused(
        self, abbreviation: str, text: str, code: str
    ) -> None:
        with pytest.raises(DomainError) as refusal:
            keep_phrase(by=make_an(), abbreviation=abbreviation, text=text)
        assert refusal.value.code == code
        assert not Phrase.objects.exists()

    def test_what_telex_makes_the_same_of_stands_for_one_thing(self) -> None:
        an = make_an()
        keep_phrase(by=an, abbreviation="tha", text="Tăng huyết áp")
        for other in ("tha", "thas", "thaa"):
            with pytest.raises(DomainError, match=r"\.tha"):
                keep_phrase(by=an, abbreviation=other, text="Khác")
        keep_phrase(by=an, abbreviation="tha", text="Tăng huyết áp độ 2", phrase=Phrase.objects.get())
        assert Phrase.objects.get().text == "Tăng huyết áp độ 2"

    def test_each_state_stays_in_the_history_and_removing_twice_is_once(self) -> None:
        an = make_an()
        kept = keep_phrase(by=an, abbreviation="tha", text="Tăng huyết áp")
        for _time in range(2):
            remove_phrase(phrase_uuid=kept.uuid, by=an)
        assert not Phrase.objects.exists()
        assert RowVersion.objects.filter(table_name="phrases_phrase", row_id=kept.pk).count() == 1

    def test_the_database_lets_a_phrase_be_one_s_or_a_department_s(self) -> None:
        an = make_an(department())
        row = {"facility": an.facility, "abbreviation": "x", "typed": "x", "text": "X", "changed_by": an}
        with pytest.raises(Error):
            Phrase.objects.create(owner=an, department=department(), **row)


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def head(self) -> User:
        return make_user("truong", "Vũ Thị Trưởng", "head_of_department", department())

    def test_a_refusal_keeps_what_was_typed(self) -> None:
        browser = signed_in(make_an(department()))
        answer = browser.post(LIST, {"abbreviation": "p1", "text": LUNGS})
        assert answer.status_code == 422
        assert LUNGS in answer.content.decode()
        assert browser.post(LIST, {"abbreviation": "pnbt", "text": LUNGS}).status_code == 302
        assert LUNGS in browser.get(LIST, {"q": "pho"}).content.decode()
        assert LUNGS not in browser.get(LIST, {"q": "gan"}).content.decode()

    def test_a_doctor_keeps_none_for_the_department_and_changes_none_of_its(self, head: User) -> None:
        shared = keep_phrase(by=head, abbreviation="pnbt", text=LUNGS, department=department())
        browser = signed_in(make_an(department()))
        told = {"abbreviation": "gan", "text": "Gan không to.", "department": str(department().uuid)}
        assert browser.post(LIST, told).status_code == 403
        address = reverse("encounters:phrases:edit", args=[shared.uuid])
        assert browser.get(address).status_code == 403
        assert browser.post(reverse("encounters:phrases:remove", args=[shared.uuid])).status_code == 403
        assert signed_in(make_chi()).get(address).status_code == 404
        changed = signed_in(head).post(address, {"abbreviation": "pnbt", "text": "Phổi trong."})
        assert (changed.status_code, Phrase.objects.get().text) == (302, "Phổi trong.")

    def test_nobody_reaches_somebody_else_s_own(self, head: User) -> None:
        own = keep_phrase(by=make_an(department()), abbreviation="tha", text="Tăng huyết áp")
        browser = signed_in(head)
        assert browser.get(reverse("encounters:phrases:edit", args=[own.uuid])).status_code == 404
        assert browser.get(reverse("encounters:phrases:texts")).json() == {"phrases": []}

    def test_the_list_asks_as_much_for_many_as_for_one(self) -> None:
        an = make_an(department())
        browser, counts = signed_in(an), []
        for first in ("a", "bcdefghiklm"):
            for letter in first:
                keep_phrase(by=an, abbreviation=letter, text=LUNGS)
            browser.get(LIST)
            with CaptureQueriesContext(connection) as asked:
                browser.get(LIST)
            counts.append(len(asked))
        assert counts[0] == counts[1]

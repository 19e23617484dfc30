"""The code in the corner of a page: read back as it was written, and nothing when a sign of it is wrong."""

from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from encounters.documents.marks import Mark, form_mark, read_mark, version_mark

_CODES = st.text("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=16, max_size=16)
_FORMS = st.text("0123456789/BVCK-THUOCđạ", min_size=1, max_size=20)


@given(_CODES, st.integers(0, 9999))
def test_a_page_of_a_version_is_read_back(code: str, page: int) -> None:
    assert read_mark(version_mark(code, page)) == Mark(verify_code=code, page=page)


@given(st.uuids(), _FORMS)
def test_a_sheet_to_write_on_is_read_back(stay: UUID, form: str) -> None:
    assert read_mark(form_mark(stay, form)) == Mark(encounter=stay, form=form)


@given(_CODES, st.integers(0, 9999), st.data())
def test_one_wrong_sign_and_it_is_no_code(code: str, page: int, data: st.DataObject) -> None:
    whole = version_mark(code, page)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ/"))
    assume(other != whole[at])
    assert read_mark(whole[:at] + other + whole[at + 1 :]) is None
    assert read_mark(whole[:at]) is None


@given(st.text(max_size=400))
def test_whatever_else_lies_on_a_page_is_no_code(text: str) -> None:
    assume(not text.startswith("BAM1/"))
    found = read_mark(text)
    assert found is None or "/verify/" in text or "/course" in text


def test_prints_made_before_pages_had_codes_are_known_by_their_address() -> None:
    stay = UUID("12345678-1234-5678-1234-567812345678")
    assert read_mark("https://benhan.example/verify/ABCDEFGH23456789/") == Mark(
        verify_code="ABCDEFGH23456789"
    )
    assert read_mark(f"https://benhan.example/encounters/{stay}/course/") == Mark(
        encounter=stay, form="36/BV2"
    )
    assert read_mark("https://benhan.example/verify/ABC/") is None

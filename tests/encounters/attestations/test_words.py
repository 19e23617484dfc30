"""Short words are found as whole words, never inside one, with and without accents, however the text is composed (R-05)."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from encounters.attestations import abbreviations as words

KNOWN = words.shipped()
LETTERS = "abcdefghiklmnopqrstuvxyăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵ"
syllables = st.text(LETTERS, min_size=1, max_size=7)
shorts = st.sampled_from(sorted(word for word in KNOWN if word.isalpha()))


@given(st.lists(syllables, min_size=1, max_size=12))
def test_ordinary_words_are_no_short_words(parts: list[str]) -> None:
    assert words.find(" ".join(parts), KNOWN) == []
    assert words.in_full(" ".join(parts), KNOWN) == unicodedata.normalize("NFC", " ".join(parts))


@given(shorts, syllables, st.booleans())
def test_a_short_word_inside_another_is_left_alone(short: str, more: str, before: bool) -> None:
    text = f"{more}{short}" if before else f"{short}{more}"
    assert text in KNOWN or words.find(f"người {text} bệnh", KNOWN) == []


@given(
    st.lists(syllables, max_size=4),
    shorts,
    st.sampled_from([" ", ", ", ". ", "\n", " (", "; "]),
    st.booleans(),
)
def test_a_short_word_is_found_where_it_stands_and_written_out(
    parts: list[str], short: str, gap: str, is_decomposed: bool
) -> None:
    text = " ".join(parts) + gap + short + ". Hết"
    typed = unicodedata.normalize("NFD", text) if is_decomposed else text
    (one,) = words.find(typed, KNOWN)
    assert (one.short, one.full) == (short, KNOWN[short])
    assert unicodedata.normalize("NFC", typed)[one.start : one.end] == short
    full = words.in_full(typed, KNOWN)
    assert words.find(full, KNOWN) == []
    assert KNOWN[short].lower() in full.lower()


@given(st.lists(st.one_of(syllables, shorts, st.sampled_from([".", ",", "/", "-", "12", "mg"])), max_size=15))
def test_written_out_once_is_written_out(parts: list[str]) -> None:
    full = words.in_full(" ".join(parts), KNOWN)
    assert words.in_full(full, KNOWN) == full


def test_what_stands_for_itself_is_no_short_word() -> None:
    text = "pH 7,35; CT ngực, HIV âm tính, SpO2 98%, nhóm máu AB Rh dương, độ III, vitamin K, type 2."
    assert words.find(text, KNOWN) == []
    assert words.looks_short(text, KNOWN) == []


def test_unknown_capitals_are_told_and_a_text_in_capitals_isnt() -> None:
    assert words.looks_short("Theo dõi HCTH tại nhà", KNOWN) == ["HCTH"]
    assert words.looks_short("RA VIỆN", KNOWN) == []
    assert words.looks_short("Theo dõi HCTH tại nhà", KNOWN, kept=["HCTH"]) == []


def test_of_a_stroke_both_sides_are_looked_at() -> None:
    assert [one.full for one in words.find("T/D tại BV/NB", KNOWN)] == ["theo dõi", "bệnh viện", "người bệnh"]


def test_kept_words_stay() -> None:
    assert words.in_full("BN THA", KNOWN, kept=["THA"]) == "Người bệnh THA"

"""The order of a Vietnamese register, whatever collation PostgreSQL was built with."""

from importlib import import_module

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from emr.accounts.models import User
from emr.common.vietnamese import sort_key
from tests.emr.people import make_department, make_facility, make_user

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = "aàảãáạ"
IN_ORDER = [
    "An", "Nguyễn An", "Nguyễn Thi An", "Nguyễn Thin An", "Nguyễn Văn An", "Trần An", "Lê Ánh", "Lê Ảnh Ánh", "Nguyễn Anh",
    "Lê Ân", "Trần Bình", "Hà Cường", "Lê Dung", "Lê Dũng", "Cao Đào", "Lê Hoa", "Lê Hòa", "Lê Hóa", "Tạ Ư", "Vũ Yến",
]  # fmt: skip


def register(name: str) -> tuple[list[list[int]], list[list[int]]]:
    """The same order said another way: given name first, letters of all words, then tones of all words."""
    *before, given_name = name.split()
    words = [given_name, *before]
    letters = [[ALPHABET.index(letter) for letter in word] for word in words]
    return letters, [[0] * len(word) for word in words]


def test_names_stand_in_the_order_of_a_register() -> None:
    assert sorted(sorted(IN_ORDER), key=sort_key) == IN_ORDER


words = st.lists(st.text(ALPHABET, min_size=1, max_size=5), min_size=1, max_size=4).map(" ".join)


@given(one=words, other=words)
def test_letters_decide_and_what_ends_first_comes_first(one: str, other: str) -> None:
    assert (sort_key(one) < sort_key(other)) == (register(one) < register(other))


def test_tones_decide_last_and_in_the_dictionarys_order() -> None:
    assert sorted(TONES, key=sort_key) == list(TONES)
    assert sort_key("Hòa Văn Bé") < sort_key("Hoa Văn Bế")


@given(name=st.text(max_size=30))
def test_any_text_has_a_key_in_plain_ascii(name: str) -> None:
    assert sort_key(name).isascii()


@pytest.mark.django_db
def test_keys_kept_before_are_put_right() -> None:
    ward = make_department(make_facility())
    longer, shorter = (
        make_user(code, name, "nurse", ward) for code, name in (("a", "Nguyễn Văn An"), ("b", "Nguyễn An"))
    )
    for user in (longer, shorter):
        old = user.sort_key.replace(" ", "|").replace("-", " ")
        User.objects.filter(pk=user.pk).update(sort_key=old)
    assert list(User.objects.filter(pk__in=[longer.pk, shorter.pk])) == [longer, shorter]
    migration = import_module("emr.accounts.migrations.0008_names_in_order")
    with connection.cursor() as cursor:
        for _twice in range(2):
            cursor.execute(migration.END_KEYS_FIRST.replace("COMMIT;", ""))
    assert list(User.objects.filter(pk__in=[longer.pk, shorter.pk])) == [shorter, longer]

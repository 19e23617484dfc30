"""The auditor reads words: every action that the code writes down has them."""

import re
from pathlib import Path

from django.utils import translation

from emr.audit.verbs import VERBS
from emr.audit.wording import NOUNS, in_words

ROOT = Path(__file__).resolve().parents[3]
_RECORDED = re.compile(r"\b(?:record|alert)\(\s*(?:\"[\w.]+\" if [^\"]+ else )?\"(\w+\.\w+)\"")


def test_every_recorded_action_has_words() -> None:
    found = {
        action
        for house in ("emr", "patients", "encounters", "signatures", "integrations")
        for file in (ROOT / house).rglob("*.py")
        for action in _RECORDED.findall(file.read_text(encoding="utf-8"))
    }
    assert len(found) > 80, "the pattern no longer finds what is recorded"
    assert sorted(action for action in found if in_words(action) == action) == []


def test_actions_that_are_put_together_have_words_too() -> None:
    built = [f"{noun}.{verb}" for noun in ("allergy", "problem", "device") for verb in ("record", "end")]
    orders = ("placed", "revoked", "held", "resumed", "entered_in_error")
    built += [f"{noun}.{verb}" for noun in ("service_request", "medication_request") for verb in orders]
    assert [action for action in built if in_words(action) == action] == []


def test_words_are_vietnamese_for_a_vietnamese_reader() -> None:
    with translation.override("vi"):
        assert in_words("pin.unlock") == f"{NOUNS['pin']}: mở khóa"
        assert str(VERBS["revoked"]) == "thu hồi"

"""What is wrong with a line, or was left out of it, in words: lines keep codes, pages say them."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

WORDS = {
    "no_key": _("The number is missing."),
    "no_name": _("The name is missing."),
    "twice": _("The same number stands in line %(line)s already."),
    "formula": _("A cell holds a formula: save the values."),
    "too_long": _("A value is too long."),
    "birth": _("The date of birth can't be read."),
    "sex": _("The sex can't be read: Nam, Nữ, 1, 2 or 3."),
    "citizen": _("The personal number hasn't 12 digits: left out."),
    "kind": _("The kind can't be read: Nội trú, Ngoại trú or Cấp cứu."),
    "time": _("The time can't be read: 28/11/2026 07:30."),
    "after_cutover": _("It begins after the cut-over hour: the HIS's messages bring it."),
    "unknown_patient": _("No patient has the number %(number)s: load the patients first."),
    "other_patient": _("The visit number belongs to another patient here."),
    "ended_here": _("The stay has ended here: left as it is."),
    "department": _("The department %(code)s isn't known: kept as sent."),
    "bed": _("The bed %(code)s isn't known: kept as sent."),
    "bed_taken": _("The bed %(code)s is taken: admitted without a bed."),
    "doctor": _("Nobody has the code %(code)s: no doctor is entered."),
    "diagnosis": _("The diagnosis wasn't taken over: %(text)s"),
    "refused": _("A rule refused it: %(text)s"),
    "number_left_out": _("A number was left out: %(text)s"),
    "other_facility": _("The case is another facility's."),
    "no_summary": _("The case has no XML1."),
    "no_patient_number": _("MA_BN is missing."),
    "new_patient": _("The patient isn't known: registered from XML1."),
    "base64": _("A table's content is no base64."),
    "xml": _("A table's XML can't be read."),
    "doctype": _("A table holds a document type declaration: refused."),
    "too_much": _("A table is larger than allowed."),
}


def in_words(remarks: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """The remarks of a line, in the reader's language."""
    return [str(WORDS[code]) % detail if detail else str(WORDS[code]) for code, detail in remarks]

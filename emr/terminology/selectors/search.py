"""Finding a code by what people type: words in any order, with or without accents, or the code's beginning."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from emr.common.clock import local_today
from emr.common.vietnamese import fold, tidy
from emr.terminology.models import Flag
from emr.terminology.text import compact, words

# What a use doesn't offer at all. A forbidden code is offered nowhere.
_HIDDEN: dict[str, tuple[Flag, ...]] = {
    "main_diagnosis": (Flag.NOT_MAIN, Flag.DEATH_CAUSE_ONLY),
    "admission_diagnosis": (Flag.DEATH_CAUSE_ONLY,),
    "secondary_diagnosis": (Flag.DEATH_CAUSE_ONLY,),
    "external_cause": (Flag.DEATH_CAUSE_ONLY,),
}
_OTHER_SEX = {"male": Flag.FEMALE_ONLY, "female": Flag.MALE_ONLY}
# External causes of injury, V01–Y98: as a use, only they; the class is by code, since collation C sorts bytes.
_EXTERNAL = "code >= 'V01' AND code < 'Y99'"
_LONGEST = 120


@dataclass(frozen=True)
class Match:
    """One code found. `notes` are translated warnings to show beside it."""

    code: str
    display: str
    display_en: str
    parent_code: str
    properties: dict[str, Any]
    notes: tuple[str, ...]


def search_concepts(
    system: str,
    query: str,
    *,
    on: dt.date | None = None,
    limit: int = 20,
    sex: str | None = None,
    use: str = "",
    parent: str = "",
) -> list[Match]:
    """The codes that fit best, in one query.

    Order: the very code, codes that begin so, titles with the words whole, with the accents as typed, that begin so;
    then how often it is used. Only when no code has all the words, those that look alike (a slip of the finger).
    An empty query answers with what is used most.
    `sex`: "male" or "female" leaves the other's codes out. `use`: a diagnosis's role, or "".
    """
    query = tidy(query)[:_LONGEST]
    typed = words(query)
    base, values = _conditions(on or local_today(), sex, use, parent)
    values |= {
        "system": system,
        "limit": limit,
        "code": compact(query) if len(typed) == 1 else "",
        "as_typed": query if fold(query) != query.lower() else "",
        "as_title": query[:1].upper() + query[1:],
        "phrase": f" {' '.join(typed)}",
        "likeness": " ".join(typed),
        "may_be_alike": len("".join(typed)) >= 3,
    }
    begun = whole = "code IS NOT NULL"
    for number, word in enumerate(typed):
        begun += f" AND search_text LIKE %(word{number})s"
        whole += f" AND search_text LIKE %(whole{number})s"
        values[f"word{number}"] = f"% {word}%"
        values[f"whole{number}"] = f"% {word} %"
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(fields=_FIELDS, base=base, words=begun, whole=whole), values)
        return [_match(row) for row in cursor.fetchall()]


_FIELDS = "code, display, display_en, parent_code, properties"
# OFFSET 0 is a fence: the words go by the trigram index first (the planner takes `system_id` for rarer than it is).
# `near` costs nothing when `found` has anything: PostgreSQL checks that one-time filter before it scans.
_SQL = """
WITH found AS (
    SELECT {fields}, row_number() OVER () AS place FROM (
        SELECT {fields} FROM (SELECT * FROM terminology_concept WHERE {words} OFFSET 0) AS worded WHERE {base}
        ORDER BY replace(lower(code), '.', '') = %(code)s DESC,
                 %(code)s <> '' AND starts_with(replace(lower(code), '.', ''), %(code)s) DESC,
                 {whole} DESC,
                 %(as_typed)s <> '' AND (strpos(display, %(as_typed)s) > 0 OR starts_with(display, %(as_title)s)) DESC,
                 starts_with(search_text, %(phrase)s) DESC,
                 properties ? 'discouraged', use_rank, length(display), code
        LIMIT %(limit)s) AS best
), near AS (
    SELECT {fields}, row_number() OVER () AS place FROM (
        SELECT {fields} FROM (
            SELECT * FROM terminology_concept
            WHERE %(may_be_alike)s AND NOT EXISTS (SELECT 1 FROM found) AND %(likeness)s <%% search_text OFFSET 0
        ) AS similar_to WHERE {base}
        ORDER BY word_similarity(%(likeness)s, search_text) DESC, use_rank, length(display), code
        LIMIT %(limit)s) AS alike
)
SELECT * FROM found UNION ALL SELECT * FROM near ORDER BY place
"""


def _conditions(day: dt.date, sex: str | None, use: str, parent: str) -> tuple[str, dict[str, Any]]:
    hidden = [Flag.FORBIDDEN, *_HIDDEN.get(use, ())]
    if sex in _OTHER_SEX:
        hidden.append(_OTHER_SEX[sex])
    where = (
        "system_id = (SELECT id FROM terminology_codesystem WHERE code = %(system)s)"
        " AND (valid_from IS NULL OR valid_from <= %(day)s) AND (valid_to IS NULL OR valid_to >= %(day)s)"
        " AND NOT properties ?| %(hidden)s"
    )
    if use == "external_cause":
        where += f" AND {_EXTERNAL}"
    if parent:
        where += " AND parent_code = %(parent)s"
    return where, {"day": day, "hidden": [flag.value for flag in hidden], "parent": parent}


def _match(row: tuple[Any, ...]) -> Match:
    code, display, display_en, parent_code, properties, _place = row
    if isinstance(properties, str):
        properties = json.loads(properties)
    return Match(code, display, display_en, parent_code, properties, tuple(_notes(properties)))


def _notes(properties: dict[str, Any]) -> list[str]:
    said = {
        Flag.DISCOURAGED: _("discouraged"),
        Flag.NOT_MAIN: _("not a main diagnosis"),
        Flag.DEATH_CAUSE_ONLY: _("cause of death only"),
        Flag.FEMALE_ONLY: _("women only"),
        Flag.MALE_ONLY: _("men only"),
    }
    notes = [text for flag, text in said.items() if properties.get(flag)]
    if properties.get("high_alert"):
        notes.append(_("high-alert medicine"))
    return notes

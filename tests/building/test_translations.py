"""Vietnamese is complete, and no translation loses a placeholder."""

import polib
import pytest

from tools import messages


def test_every_text_has_its_vietnamese() -> None:
    problems = messages.check()
    assert not problems, "\n".join(problems[:40])


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("%(name)s is here", "đây rồi", "lost a placeholder"),
        ("Here", "%(name)s đây", "placeholders that the text has not"),
        ("Here", "", "has no translation"),
    ],
)
def test_the_check_notices(text: str, translation: str, fault: str) -> None:
    entry = polib.POEntry(msgid=text, msgstr=translation)
    assert any(fault in problem for problem in messages._problems_of(entry))


def test_templates_are_read_as_django_reads_them() -> None:
    template = (
        "{% translate 'Allergies' %} {% blocktranslate trimmed with n=x %}\n  {{ n }} days\n{% endblocktranslate %}"
        "{% blocktranslate count n=x %}one bed{% plural %}{{ n }} beds{% endblocktranslate %}"
        '{% translate "May" context "month" %}{{ _("Yes") }}'
    )
    calls = messages._calls(messages.templatize(template, origin="x"))
    for text in ("Allergies", "%(n)s days", "one bed", "%(n)s beds", "month", "May"):
        assert text in calls

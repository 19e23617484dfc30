"""Whether anything clinical hangs on a stay: rooms above say so, since this room can't know them.

A stay with clinical data is never "entered in error" by one click (principle: nothing clinical is deleted).
"""

from collections.abc import Callable

from django_stubs_ext import StrOrPromise

Check = Callable[[int], bool]
_checks: dict[str, tuple[StrOrPromise, Check]] = {}


def register_clinical_data(name: str, check: Check, *, title: StrOrPromise = "") -> None:
    """Ask `check(encounter_id)` before a stay is taken back; `title` is what the person is told ("signed documents").

    Call it in `AppConfig.ready()`; the same name again replaces the check.
    """
    _checks[name] = (title or name, check)


def clinical_data_of(encounter_id: int) -> list[str]:
    """What the stay holds, in words; empty when it may be taken back."""
    return [str(title) for title, check in _checks.values() if check(encounter_id)]

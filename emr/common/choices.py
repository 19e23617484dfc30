"""What a facility may choose: each room declares its settings once, beside their use.

    declare(Whole(name="cover_hours", room="accounts", label=_("Cover duty lasts at most"), default=24, least=1, most=72))

A name that nobody declared is neither read nor written. The words are for the page of settings; values are JSON.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django_stubs_ext import StrOrPromise


class BadValue(ValueError):
    """The value isn't one that the setting may have."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One choice. `default` may be a function. `is_grave`: asks for fresh proof, and other administrators are told."""

    name: str
    room: str
    label: StrOrPromise
    help: StrOrPromise = ""
    default: Any = None
    is_grave: bool = False

    @property
    def usual(self) -> Any:
        """What counts while the facility has chosen nothing."""
        return self.default() if callable(self.default) else self.default

    def check(self, value: Any) -> None:
        """Raise BadValue for what isn't one of its values."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Whole(Setting):
    """A whole number between two others."""

    least: int
    most: int
    unit: StrOrPromise = ""

    def check(self, value: Any) -> None:
        if type(value) is not int or not self.least <= value <= self.most:
            raise BadValue(value)


@dataclass(frozen=True, kw_only=True)
class YesNo(Setting):
    """Yes or no."""

    def check(self, value: Any) -> None:
        if type(value) is not bool:
            raise BadValue(value)


@dataclass(frozen=True, kw_only=True)
class OneOf(Setting):
    """One of a few."""

    options: Sequence[tuple[str, StrOrPromise]]

    def check(self, value: Any) -> None:
        if value not in {code for code, _words in self.options}:
            raise BadValue(value)


def _check_codes(value: Any) -> None:
    if not isinstance(value, list) or not all(
        isinstance(code, str) and 0 < len(code) <= 40 for code in value
    ):
        raise BadValue(value)
    if len(set(value)) != len(value):
        raise BadValue(value)


@dataclass(frozen=True, kw_only=True)
class Roles(Setting):
    """Roles of the facility, by code."""

    def check(self, value: Any) -> None:
        _check_codes(value)


@dataclass(frozen=True, kw_only=True)
class Departments(Setting):
    """Departments of the facility, by code."""

    def check(self, value: Any) -> None:
        _check_codes(value)


@dataclass(frozen=True, kw_only=True)
class RolesBy(Setting):
    """Roles of the facility, under a few headings."""

    keys: Sequence[tuple[str, StrOrPromise]]

    def check(self, value: Any) -> None:
        if not isinstance(value, Mapping) or set(value) != {key for key, _words in self.keys}:
            raise BadValue(value)
        for codes in value.values():
            _check_codes(codes)


@dataclass(frozen=True, kw_only=True)
class Days(Setting):
    """Days of the calendar (ISO dates)."""

    def check(self, value: Any) -> None:
        if not isinstance(value, list) or len(value) > 400:
            raise BadValue(value)
        try:
            days = [dt.date.fromisoformat(day) for day in value]
        except (TypeError, ValueError) as error:
            raise BadValue(value) from error
        if len(set(days)) != len(days) or not all(2000 <= day.year <= 2100 for day in days):
            raise BadValue(value)


@dataclass(frozen=True, kw_only=True)
class Hours(Setting):
    """From one full hour of the day to a later one."""

    def check(self, value: Any) -> None:
        if (
            not isinstance(value, list | tuple)
            or len(value) != 2
            or any(type(hour) is not int for hour in value)
        ):
            raise BadValue(value)
        if not 0 <= value[0] < value[1] <= 24:
            raise BadValue(value)


@dataclass(frozen=True, kw_only=True)
class Reasons(Setting):
    """A list to choose from: pairs of a code and its words, in the hospital's language."""

    def check(self, value: Any) -> None:
        pairs = value if isinstance(value, list) and 0 < len(value) <= 30 else None
        if pairs is None or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
            raise BadValue(value)
        codes = [code for code, _words in pairs]
        _check_codes(codes)
        if any(len(code) > 30 for code in codes):
            raise BadValue(value)
        if not all(isinstance(words, str) and 0 < len(words.strip()) <= 120 for _code, words in pairs):
            raise BadValue(value)


S = TypeVar("S", bound=Setting)
_declared: dict[str, Setting] = {}


def declare(setting: S) -> S:
    """Make the setting known. A name belongs to one declaration."""
    if setting.name in _declared:
        raise ValueError(f"{setting.name} is declared twice")
    if not callable(setting.default):
        setting.check(setting.default)
    _declared[setting.name] = setting
    return setting


def declared(name: str) -> Setting:
    """The declaration; LookupError for a name that nobody declared."""
    return _declared[name]


def all_declared() -> list[Setting]:
    """Every setting, by room and in the order of its declarations."""
    rooms = list(dict.fromkeys(setting.room for setting in _declared.values()))
    return sorted(_declared.values(), key=lambda setting: rooms.index(setting.room))

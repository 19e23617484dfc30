"""What the house tells people of: each room registers its kinds, with words, level and the usual ladder.

    register_kind(
        Kind(
            code="transport.dead_letters",
            title=_("Messages that need a person: %(count)s"),
            body=_("They are listed under Dead letters, each with what helps."),
            level=Level.ATTENTION,
            ladder=(Step(0, TOLD, ("email",)), Step(240, "admin", ("email", "sms"))),
        )
    )

The words are translated for each reader and filled from the notice's parameters: counts, codes and names of departments,
never clinical text. What leaves the house doesn't even hold these words (`text.outgoing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# The audience of a step: those told so far who haven't answered. Anything else is the code of a role.
TOLD = "told"
EXTERNAL = ("email", "sms", "chat")


class Level(TextChoices):
    """How much it matters. Urgent ones stay on the screen with a sound and know no quiet hours."""

    INFO = "info", _("Information")
    ATTENTION = "attention", _("Attention")
    URGENT = "urgent", _("Urgent")


class Answer(TextChoices):
    """What ends it: having been seen, one person who takes it on, or everybody's word."""

    NONE = "none", _("Seen is enough")
    ONE = "one", _("One person takes it on")
    ALL = "all", _("Everybody confirms")


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: so many minutes after the beginning, while unanswered, these people by these channels (and the inbox)."""

    after_minutes: int
    audience: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of notice. The first step of a ladder is the first telling, of whom `notify` names."""

    code: str
    title: StrOrPromise
    body: StrOrPromise = ""
    level: Level = Level.INFO
    answer: Answer = Answer.NONE
    ladder: tuple[Step, ...] = (Step(0, TOLD),)


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Add a kind; the same code again replaces it."""
    _kinds[kind.code] = kind


def kind_of(code: str) -> Kind | None:
    """The kind; None for a row that a version with more rooms has left."""
    return _kinds.get(code)


def kinds() -> list[Kind]:
    """All of them, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def filled(text: StrOrPromise, parameters: Mapping[str, object]) -> str:
    """The words in the present language with the parameters put in; one that is missing shows as "?"."""

    class Known(dict[str, object]):
        def __missing__(self, _key: str) -> object:
            return "?"

    return str(text) % Known(parameters)

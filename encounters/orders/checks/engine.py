"""From items, facts about the patient and rules to alerts that name medicine, rule, value and the safer way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

INTERRUPT, INLINE, PASSIVE = "interrupt", "inline", "passive"
_RANK = {INTERRUPT: 0, INLINE: 1, PASSIVE: 2}
ADULT_FROM = 12  # years; below, doses go by weight


@dataclass(frozen=True, slots=True)
class Item:
    """A medicine of the basket, or one in effect. `parts`: its substances, plain. `dose`: milligrams at a time, if known."""

    uuid: str
    text: str
    parts: tuple[str, ...]
    is_draft: bool = True
    dose: Decimal | None = None
    times_per_day: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of knowledge, names plain; see `KnowledgeRule` for what the fields of each kind mean."""

    code: str
    kind: str
    subject: str
    other: str = ""
    level: str = INLINE
    population: str = ""
    unit: str = ""
    most_per_dose: Decimal | None = None
    most_per_day: Decimal | None = None
    text: str = ""
    advice: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the patient. `allergies`: (as recorded, plain). `weight`: kg. None: nobody has said."""

    allergies: tuple[tuple[str, str], ...] = ()
    age: int | None = None
    weight: Decimal | None = None
    is_pregnant: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to know about one line. `key` is the same for the same question, so that an answer holds."""

    order_uuid: str
    key: str
    level: str
    title: str
    message: str
    advice: str = ""
    source: str = ""


@dataclass(slots=True)
class _Known:
    classes: dict[str, set[str]] = field(default_factory=dict)
    by_kind: dict[str, list[Rule]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "_Known":
        known = cls()
        for rule in rules:
            if rule.kind == "class":
                known.classes.setdefault(rule.other, set()).add(rule.subject)
            known.by_kind.setdefault(rule.kind, []).append(rule)
        return known

    def fits(self, term: str, part: str) -> bool:
        """Whether a substance is what the rule names: itself, one of its salts, or one of the class."""
        if term.startswith("#"):
            return any(self.fits(member, part) for member in self.classes.get(term[1:], ()))
        return part == term or part.startswith(f"{term} ")


def check(items: list[Item], facts: Facts, rules: Iterable[Rule]) -> list[Alert]:
    """The alerts about the drafts among the items, the gravest first; the same question once a line."""
    known = _Known.of(rules)
    found: dict[tuple[str, str], Alert] = {}
    for place, item in enumerate(items):
        if not item.is_draft:
            continue
        # A pair of two drafts is asked about once, at the later line.
        others = [other for i, other in enumerate(items) if not other.is_draft or i < place]
        for alert in (
            *_allergies(item, facts, known),
            *_interactions(item, others, known),
            *_duplicates(item, others, known),
            *_pregnancy(item, facts, known),
            *_doses(item, facts, known),
        ):
            kept = found.get((alert.order_uuid, alert.key))
            if kept is None or _RANK[alert.level] < _RANK[kept.level]:
                found[alert.order_uuid, alert.key] = alert
    return sorted(found.values(), key=lambda alert: _RANK[alert.level])


def _allergies(item: Item, facts: Facts, known: _Known) -> Iterator[Alert]:
    for shown, plain in facts.allergies:
        for part in item.parts:
            if known.fits(plain, part) or plain.startswith(f"{part} ") or known.fits(f"#{plain}", part):
                yield Alert(
                    item.uuid,
                    f"allergy:{plain}:{part}",
                    INTERRUPT,
                    _("Allergy"),
                    _("%(medicine)s: the patient is recorded as allergic to %(substance)s.")
                    % {"medicine": item.text, "substance": shown},
                    _("Choose a medicine of another class, or say why it is given."),
                )
                continue
            for rule in known.by_kind.get("cross", ()):
                of_class = plain == rule.subject or known.fits(f"#{rule.subject}", plain)
                if of_class and known.fits(f"#{rule.other}", part):
                    yield Alert(
                        item.uuid,
                        f"cross:{rule.code}:{part}",
                        rule.level,
                        _("Cross-allergy"),
                        _("%(medicine)s: allergic to %(substance)s. %(why)s")
                        % {"medicine": item.text, "substance": shown, "why": rule.text},
                        rule.advice,
                        rule.source,
                    )


def _interactions(item: Item, others: list[Item], known: _Known) -> Iterator[Alert]:
    for rule in known.by_kind.get("interaction", ()):
        for other in others:
            for one, two in ((rule.subject, rule.other), (rule.other, rule.subject)):
                mine = any(known.fits(one, part) for part in item.parts)
                theirs = any(known.fits(two, part) for part in other.parts)
                if mine and theirs:
                    yield Alert(
                        item.uuid,
                        f"interaction:{rule.code}:{'+'.join(other.parts)}",
                        rule.level,
                        _("Interaction"),
                        _("%(one)s with %(two)s: %(why)s")
                        % {"one": item.text, "two": other.text, "why": rule.text},
                        rule.advice,
                        rule.source,
                    )
                    break


def _duplicates(item: Item, others: list[Item], known: _Known) -> Iterator[Alert]:
    for other in others:
        same = sorted(set(item.parts) & set(other.parts))
        for part in same:
            yield Alert(
                item.uuid,
                f"duplicate:{part}",
                INLINE,
                _("Same ingredient twice"),
                _("%(one)s: %(two)s is ordered too and has the same ingredient.")
                % {"one": item.text, "two": other.text},
                _("Stop one of the two, or check the sum of both doses."),
            )
        for rule in () if same else known.by_kind.get("duplicate", ()):
            if all(any(known.fits(rule.subject, part) for part in one.parts) for one in (item, other)):
                yield Alert(
                    item.uuid,
                    f"duplicate:{rule.code}",
                    rule.level,
                    _("Two of one class"),
                    _("%(one)s with %(two)s: %(why)s")
                    % {"one": item.text, "two": other.text, "why": rule.text},
                    rule.advice,
                    rule.source,
                )


def _pregnancy(item: Item, facts: Facts, known: _Known) -> Iterator[Alert]:
    if not facts.is_pregnant:
        return
    for rule in known.by_kind.get("pregnancy", ()):
        if any(known.fits(rule.subject, part) for part in item.parts):
            yield Alert(
                item.uuid,
                f"pregnancy:{rule.code}",
                rule.level,
                _("Pregnancy"),
                _("%(medicine)s: %(why)s") % {"medicine": item.text, "why": rule.text},
                rule.advice,
                rule.source,
            )


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def _doses(item: Item, facts: Facts, known: _Known) -> Iterator[Alert]:
    if item.dose is None or len(item.parts) != 1 or facts.age is None:
        return
    population = "adult" if facts.age >= ADULT_FROM else "child"
    for rule in known.by_kind.get("dose", ()):
        if rule.population != population or not known.fits(rule.subject, item.parts[0]):
            continue
        factor = Decimal(1)
        if rule.unit == "mg/kg":
            if facts.weight is None:
                yield Alert(
                    item.uuid,
                    f"weight:{rule.code}",
                    INLINE,
                    _("Weight not known"),
                    _("%(medicine)s: the dose goes by weight, and no weight is recorded.")
                    % {"medicine": item.text},
                    _("Weigh the patient and record it."),
                    rule.source,
                )
                continue
            factor = facts.weight
        a_day = item.dose * item.times_per_day if item.times_per_day else None
        for value, limit, words in (
            (item.dose, rule.most_per_dose, _("at a time")),
            (a_day, rule.most_per_day, _("a day")),
        ):
            if value is not None and limit is not None and value > limit * factor:
                yield Alert(
                    item.uuid,
                    f"dose:{rule.code}:{_plain(value)}",
                    rule.level,
                    _("Dose above the limit"),
                    _("%(medicine)s: %(value)s mg %(when)s; the most is %(limit)s mg.")
                    % {
                        "medicine": item.text,
                        "value": _plain(value),
                        "when": words,
                        "limit": _plain((limit * factor).quantize(Decimal("0.1"))),
                    },
                    rule.advice or _("Lower the dose or the number of times."),
                    rule.source,
                )
                break

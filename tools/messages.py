"""The Vietnamese catalogue: `python -m tools.messages compile|check`.

Translations stand in locale/vi/parts/<room>.po, one file a room, plain entries without a header. `compile` merges them
into LC_MESSAGES/django.mo; `check` reads every translatable string out of the sources (Python by its syntax tree,
templates by Django's own lexer) and names what has no Vietnamese. Neither needs gettext's programs.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
PARTS = ROOT / "locale" / "vi" / "parts"
COMPILED = ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.mo"
HOUSES = ("emr", "patients", "encounters", "signatures", "integrations")
# Which argument is the text: position of (context, singular, plural).
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
PLACEHOLDER = re.compile(r"%\([^)]+\)[sd]|%[sd](?![a-z])|\{[a-z_]+\}")
Key = tuple[str | None, str]  # (context, singular)


def catalogue() -> tuple[polib.POFile, list[str]]:
    """All parts in one catalogue, and what is wrong with them: contradictions, placeholders that got lost."""
    merged, problems = polib.POFile(), []
    merged.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Language": "vi",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    seen: dict[Key, polib.POEntry] = {}
    for part in sorted(PARTS.glob("*.po")):
        for entry in polib.pofile(str(part), encoding="utf-8"):
            problems += [f"{part.name}: {problem}" for problem in _problems_of(entry)]
            known = seen.setdefault((entry.msgctxt, entry.msgid), entry)
            if known is entry:
                merged.append(entry)
            elif (known.msgstr, known.msgstr_plural) != (entry.msgstr, entry.msgstr_plural):
                problems.append(f"{part.name}: {entry.msgid!r} is translated otherwise in another part")
    return merged, problems


def _problems_of(entry: polib.POEntry) -> Iterator[str]:
    translations = [*entry.msgstr_plural.values()] if entry.msgid_plural else [entry.msgstr]
    wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    for translation in translations:
        if not translation.strip():
            yield f"{entry.msgid!r} has no translation"
        elif set(PLACEHOLDER.findall(translation)) - wanted:
            yield f"{entry.msgid!r}: the translation has placeholders that the text has not"
        elif not entry.msgid_plural and wanted - set(PLACEHOLDER.findall(translation)):
            yield f"{entry.msgid!r}: the translation lost a placeholder"


def sources() -> Iterator[tuple[Path, str]]:
    """Every file with translatable text, as Python source."""
    for house in HOUSES:
        for path in sorted((ROOT / house).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path, _calls(templatize(path.read_text(encoding="utf-8"), origin=str(path)))


def _calls(templatized: str) -> str:
    """The calls in what Django's lexer makes of a template, one a line (the rest of it is filler, no Python)."""
    call = re.compile(
        r"\b(?:n?p?gettext|_)\((?:u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\"\"\"[\s\S]*?\"\"\")(?:,\s*)?)+"
    )
    return "\n".join(
        f"{found.group().rstrip(', ')}{_count(found.group())})" for found in call.finditer(templatized)
    )


def _count(call: str) -> str:
    return ", 1" if call.startswith(("ngettext", "npgettext")) else ""


def strings() -> dict[Key, str]:
    """Every translatable string of the product and where it stands first."""
    found: dict[Key, str] = {}
    for path, source in sources():
        for node in ast.walk(ast.parse(source, filename=str(path))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in FUNCTIONS:
                continue
            context_at, text_at, _ = FUNCTIONS[name]
            text = _constant(node, text_at)
            if text:
                context = _constant(node, context_at) if context_at is not None else None
                line = f":{node.lineno}" if path.suffix == ".py" else ""
                found.setdefault((context, text), f"{path.relative_to(ROOT)}{line}")
    return found


def _constant(call: ast.Call, position: int) -> str | None:
    if len(call.args) <= position:
        return None
    node = call.args[position]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def check() -> list[str]:
    """What keeps the catalogue from being complete: one line each."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    merged, problems = catalogue()
    translated = {(entry.msgctxt, entry.msgid) for entry in merged}
    for key, place in strings().items():
        # Django translates its own words; only what it lacks in Vietnamese counts as ours.
        if key not in translated and key not in _django_words():
            problems.append(f"{place}: no Vietnamese for {key[1]!r}")
    return problems


@cache
def _django_words() -> set[Key]:
    import django  # noqa: PLC0415

    folder = Path(django.__file__).parent
    files = [folder / "conf/locale/vi/LC_MESSAGES/django.mo"]
    return {
        (entry.msgctxt, entry.msgid) for file in files for entry in polib.mofile(str(file)) if entry.msgstr
    }


def compile_catalogue() -> None:
    """Write django.mo next to where Django looks for it."""
    merged, problems = catalogue()
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    merged.save_as_mofile(str(COMPILED))


def main(arguments: list[str]) -> int:
    """`compile` or `check`; 1 when something is missing."""
    if arguments == ["compile"]:
        compile_catalogue()
        return 0
    if arguments != ["check"]:
        print(__doc__)
        return 2
    problems = check()
    print("\n".join(problems) or "The Vietnamese catalogue is complete.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

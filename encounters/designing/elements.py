"""Reading and writing single parts of a FHIR element's JSON; whatever isn't named stays as it is."""

from collections.abc import Mapping
from typing import Any

from encounters.forms.engine.extensions import Extensions
from encounters.forms.engine.vocabulary import PRINT, TRANSLATION

Json = dict[str, Any]


def put(element: Json, name: str, value: object) -> None:
    """Set a property, or take it away when there is nothing to say (None, "", False)."""
    if value in (None, "", False):
        element.pop(name, None)
    else:
        element[name] = value


def put_extension(element: Json, url: str, name: str, value: object) -> None:
    """The element's one extension of that address becomes `name: value`, in its place; None or "" takes it away."""
    listed: list[Json] = element.get("extension", [])
    at = next((n for n, one in enumerate(listed) if one.get("url") == url), len(listed))
    kept = [one for one in listed if one.get("url") != url]
    if value not in (None, ""):
        kept.insert(min(at, len(kept)), {"url": url, name: value})
    put(element, "extension", kept or None)


def put_parts(element: Json, url: str, parts: list[Json]) -> None:
    """The same of an extension made of parts."""
    put_extension(element, url, "extension", parts or None)


def translation(element: Mapping[str, Any], name: str, language: str) -> str:
    """The words of a text property in that language; "" when nobody wrote any."""
    return dict(Extensions(element.get(f"_{name}")).translations()).get(language, "")


def put_translation(element: Json, name: str, language: str, words: str) -> None:
    """Say a text property in another language; "" takes that translation away."""
    around: Json = element.get(f"_{name}") or {}
    kept = [
        one
        for one in around.get("extension", [])
        if one.get("url") != TRANSLATION or Extensions(one).value("lang") != language
    ]
    if words:
        parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": words}]
        kept.append({"url": TRANSLATION, "extension": parts})
    put(around, "extension", kept or None)
    put(element, f"_{name}", around or None)


def print_hints(element: Mapping[str, Any]) -> dict[str, Any]:
    """How paper shows the element: layout, width, boxes, lines, hidden, as far as it says."""
    return dict(Extensions(element).parts(PRINT))


def put_print_hints(element: Json, told: Mapping[str, Any]) -> None:
    """Change what paper is told; None takes a hint away, those not named stay."""
    hints = {
        name: value for name, value in {**print_hints(element), **told}.items() if value not in (None, "")
    }
    kinds = {"layout": "valueCode", "hidden": "valueBoolean"}
    put_parts(element, PRINT, [{"url": name, kinds.get(name, "valueInteger"): hints[name]} for name in hints])


def other_language(resource: Mapping[str, Any]) -> str:
    """The second language of this form's words: English of a Vietnamese one, Vietnamese of any other."""
    return "en" if str(resource.get("language") or "en").startswith("vi") else "vi"

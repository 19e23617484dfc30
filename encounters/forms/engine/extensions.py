"""Reading FHIR extensions of one element."""

from collections.abc import Mapping

from encounters.forms.engine.values import find_choice
from encounters.forms.engine.vocabulary import TRANSLATION


class Extensions:
    """The extensions of an element, asked by address; malformed ones are as if they were absent."""

    def __init__(self, element: object) -> None:
        raw = element.get("extension") if isinstance(element, Mapping) else None
        listed = raw if isinstance(raw, list) else []
        self._all = [
            part for part in listed if isinstance(part, Mapping) and isinstance(part.get("url"), str)
        ]

    def urls(self) -> list[str]:
        return [str(part["url"]) for part in self._all]

    def _of(self, url: str) -> list[Mapping[str, object]]:
        return [part for part in self._all if part["url"] == url]

    def choice(self, url: str) -> tuple[str, object] | None:
        """Kind and JSON of the first value[x] under the address."""
        return next((found for part in self._of(url) if (found := find_choice(part, "value"))), None)

    def value(self, url: str) -> object:
        found = self.choice(url)
        return found[1] if found else None

    def values(self, url: str) -> list[object]:
        return [found[1] for part in self._of(url) if (found := find_choice(part, "value"))]

    def code(self, url: str) -> str:
        """The first code of a CodeableConcept, or a plain code."""
        value = self.value(url)
        if isinstance(value, Mapping):
            codings = value.get("coding")
            first = codings[0] if isinstance(codings, list) and codings else {}
            value = first.get("code") if isinstance(first, Mapping) else None
        return value if isinstance(value, str) else ""

    def parts(self, url: str) -> list[tuple[str, object]]:
        """Names and values of a complex extension's parts."""
        return [
            (str(part["url"]), inner.value(str(part["url"])))
            for whole in self._of(url)
            for inner in [Extensions(whole)]
            for part in inner._all
        ]

    def complex(self, url: str) -> list["Extensions"]:
        """The parts of each complex extension under the address."""
        return [Extensions(whole) for whole in self._of(url)]

    def text(self, url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """A text part with its translations."""
        whole = next(iter(self._of(url)), {})
        value = whole.get("valueString") or whole.get("valueMarkdown")
        return (value if isinstance(value, str) else ""), Extensions(whole.get("_valueString")).translations()

    def translations(self) -> tuple[tuple[str, str], ...]:
        found = []
        for whole in self._of(TRANSLATION):
            parts = Extensions(whole)
            language, content = parts.value("lang"), parts.value("content")
            if isinstance(language, str) and isinstance(content, str):
                found.append((language, content))
        return tuple(found)

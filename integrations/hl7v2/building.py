"""Writing a message: values in, bytes out; no text can break out of its field (S-29)."""

from collections.abc import Sequence

from integrations.hl7v2.values import NULL, Null, Separators, Value, escape

# A field is a value; a list of components; or a list of repetitions, each a list of components.
FieldContent = Value | Sequence["Value | Sequence[Value]"]


def build_segment(name: str, *fields: FieldContent, separators: Separators | None = None) -> str:
    """One line, field 1 first; trailing empty fields are left out. MSH is written by `build_message`."""
    used = separators or Separators()
    written = [_field(field, used) for field in fields]
    while written and not written[-1]:
        written.pop()
    return used.field.join([name, *written])


def _field(content: FieldContent, separators: Separators) -> str:
    if content is None or isinstance(content, str | Null):
        return escape(content, separators)
    if any(isinstance(part, list | tuple) for part in content):
        repetitions = [part if isinstance(part, list | tuple) else [part] for part in content]
        return separators.repetition.join(_repetition(r, separators) for r in repetitions)  # type: ignore[arg-type]  # narrowed above
    return _repetition(content, separators)  # type: ignore[arg-type]  # no nested list is left


def _repetition(components: Sequence[Value], separators: Separators) -> str:
    written = [escape(component, separators) for component in components]
    while written and not written[-1]:
        written.pop()
    return separators.component.join(written)


def build_message(msh: Sequence[FieldContent], *segments: str, separators: Separators | None = None) -> bytes:
    """MSH from its third field on, then the segments; UTF-8, each ended by CR."""
    used = separators or Separators()
    header = used.field.join(["MSH", used.encoding_characters, *(_field(field, used) for field in msh)])
    return "".join(f"{line}\r" for line in (header.rstrip(used.field), *segments)).encode()


__all__ = ["NULL", "FieldContent", "build_message", "build_segment"]

"""Whether a record's file still is what was sealed: the seal, the manifest, each file inside, each signature in them."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
from django.utils.translation import gettext as _
from pikepdf import Pdf

from encounters.bundles.assembly import KIND, MANIFEST
from encounters.bundles.seals import Judged, judge


@dataclass
class Checked:
    """What was found. `problems` in words, empty when all holds; `files`: (name, what is said of it) of each inside."""

    sha256: str
    seal: Judged
    manifest: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing was changed, and every signature inside holds."""
        return not self.problems


def verify_bundle(path: Path, *, judged: Callable[[bytes], Judged] = judge) -> Checked:
    """Check the file at that path. Raises OSError when it can't be read."""
    return check_bundle(path.read_bytes(), judged=judged)


def check_bundle(data: bytes, *, judged: Callable[[bytes], Judged] = judge) -> Checked:
    """Check these bytes; whatever can't be read is a problem, never an exception."""
    seal = judged(data)
    checked = Checked(hashlib.sha256(data).hexdigest(), seal)
    if seal.verdict != "valid":
        checked.problems.append(_("The facility's seal doesn't hold: %(why)s") % {"why": _why(seal)})
    try:
        with Pdf.open(io.BytesIO(data)) as pdf:
            files = attachments_of(pdf)
            pages = len(pdf.pages)
        manifest = json.loads(files[MANIFEST])
        entries = [*manifest["entries"], *manifest["files"]]
        told = {entry.get("file") or entry["name"]: entry for entry in entries if entry.get("file", True)}
        if manifest["kind"] != KIND:
            raise ValueError("no manifest of ours")
    except (pikepdf.PdfError, KeyError, ValueError, TypeError, AttributeError, RuntimeError):
        checked.problems.append(
            _("It isn't a record's file of ours: its manifest is missing or can't be read.")
        )
        return checked
    checked.manifest = manifest
    checked.problems += _problems(checked, files, told, pages, judged)
    return checked


def _why(judged: Judged) -> str:
    return "; ".join(judged.problems) or judged.verdict


def _problems(
    checked: Checked,
    files: dict[str, bytes],
    told: dict[str, dict[str, Any]],
    pages: int,
    judged: Callable[[bytes], Judged],
) -> Iterator[str]:
    if pages != checked.manifest.get("pages"):
        yield _("It has %(found)s pages, the manifest says %(told)s.") % {
            "found": pages,
            "told": checked.manifest.get("pages"),
        }
    for name in sorted(set(files) - set(told) - {MANIFEST}):
        yield _("%(name)s isn't in the manifest.") % {"name": name}
    for name, entry in told.items():
        data = files.get(name)
        if data is None:
            yield _("%(name)s is missing.") % {"name": name}
        elif hashlib.sha256(data).hexdigest() != entry.get("sha256"):
            yield _("%(name)s was changed.") % {"name": name}
        elif entry.get("signers"):
            found = judged(data)
            checked.files.append((name, found.verdict))
            if found.verdict != "valid":
                yield _("%(name)s: its signatures don't hold: %(why)s") % {"name": name, "why": _why(found)}
        else:
            checked.files.append((name, "kept"))


def attachments_of(pdf: Pdf) -> dict[str, bytes]:
    """{name: bytes} of every file inside."""
    names = pdf.Root.Names.EmbeddedFiles.Names
    return {str(names[place]): names[place + 1].EF.F.read_bytes() for place in range(0, len(names), 2)}

"""What is promised in docs/requirements.md, what the sources cite, and what tests name are the same ids."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

from emr.local.home import CHECKOUT

REQUIREMENTS = CHECKOUT / "docs" / "requirements.md"
# S-01; F-13 to F-18 means each of them.
CITED = re.compile(r"\b([SFR])-(\d\d)\b(?: to \1-(\d\d)\b)?")
TEXTS = {".py", ".html", ".js", ".md", ".po", ".yml", ".toml"}


def cited_in(text: str) -> set[str]:
    """Every id that the text names, those within a range too."""
    return {
        f"{letter}-{number:02d}"
        for letter, first, last in CITED.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


@cache
def restated() -> set[str]:
    """Ids with a row of their own there, or among what the law asks (`manage.py compliance`)."""
    rows = (line for line in REQUIREMENTS.read_text("utf-8").splitlines() if line.startswith("| "))
    law = json.loads((CHECKOUT / "emr" / "compliance" / "requirements.json").read_text("utf-8"))
    return {one for row in rows for one in cited_in(row.split("|")[1])} | {
        row["id"] for chapter in law.values() for row in chapter
    }


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return [CHECKOUT / name for name in listed.stdout.split("\0") if Path(name).suffix in TEXTS]


def test_each_id_that_is_cited_is_restated() -> None:
    unknown = {
        f"{path.relative_to(CHECKOUT)}: {one}"
        for path in sources()
        if path.is_file()
        for one in cited_in(path.read_text("utf-8")) - restated()
    }
    assert sorted(unknown) == []


def test_each_fault_and_weakness_is_named_by_a_test() -> None:
    named = set()
    for path in (CHECKOUT / "tests").rglob("test_*.py"):
        if path != Path(__file__):
            named |= cited_in(path.read_text("utf-8"))
    assert sorted(one for one in restated() - named if one[0] in "SF") == []


def test_a_row_names_files_that_are_there() -> None:
    """Of the proofs: a path from the checkout, or the bare name of a test file."""
    missing = []
    for line in REQUIREMENTS.read_text("utf-8").splitlines():
        cells = line.split("|")
        if len(cells) < 5:
            continue
        for name in re.findall(r"`([\w./-]*(?:/|\.py)[\w./-]*)`", cells[3]):
            if not (CHECKOUT / name).exists() and not any((CHECKOUT / "tests").rglob(name)):
                missing.append(f"{cells[1].strip()}: {name}")
    assert not missing


def test_what_security_calls_met_names_what_shows_it() -> None:
    """Each row of the standard's table: a test file that is there, or an id whose tests are known."""
    text = (CHECKOUT / "docs" / "security.md").read_text("utf-8")
    flattered = []
    for section, state, proof in re.findall(
        r"^\| (V[^|]+?) \| (met[^|]*) \| (.+) \|$", text, flags=re.MULTILINE
    ):
        named = [name for name in re.findall(r"`([\w./-]+)`", proof) if "test" in name]
        shown = all((CHECKOUT / name).exists() or any((CHECKOUT / "tests").rglob(name)) for name in named)
        if not shown or not (named or cited_in(proof) & restated()):
            flattered.append(f"{section} ({state})")
    assert flattered == []

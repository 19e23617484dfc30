"""The drawing is up to date; the guards guard."""

import subprocess
from pathlib import Path

from emr.local.home import CHECKOUT
from tools import graph, guards


def test_the_graph_is_drawn_anew() -> None:
    assert graph.PAGE.read_text(encoding="utf-8") == graph.drawn(), "type: make graph"


def test_a_private_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    file.write_text("-----BEGIN " + "PRIVATE KEY-----\nMC4CAQ\n")
    assert guards.faults(file)
    file.write_bytes(b"x" * (guards.LARGEST + 1))
    assert guards.faults(file)


def test_nothing_committed_is_refused() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    files = [CHECKOUT / name for name in listed.stdout.split("\0") if name]
    assert not [fault for file in files if file.is_file() for fault in guards.faults(file)]

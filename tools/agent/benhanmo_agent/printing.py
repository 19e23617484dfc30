"""Printing without a dialogue: CUPS (`lp`) on Linux, a program of the PC's on Windows, or a label printer's raw socket."""

import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benhanmo_agent.settings import Settings, State

PDF, ZPL = "application/pdf", "application/zpl"
KIND = re.compile(r"[a-z]{1,20}")
_SECONDS = 30


class PrintTrouble(Exception):
    """Why nothing was printed; `code` is one of the API's words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Printing:
    """The printers of this PC, and which of them was chosen for which kind of paper."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings, self._state = settings, state

    def printers(self) -> list[str]:
        """Names: those of agent.toml first, then the PC's own."""
        return [
            *self._settings.printers,
            *(name for name in _queues() if name not in self._settings.printers),
        ]

    def raw(self) -> list[str]:
        """Names of those that take ZPL alone."""
        return list(self._settings.printers)

    def chosen(self) -> dict[str, str]:
        """{kind: printer}."""
        return self._state.part("printers")

    def choose(self, kind: str, printer: str) -> None:
        """Remember the printer for labels, wristbands, documents…; "" forgets it. Raises PrintTrouble."""
        if not KIND.fullmatch(kind):
            raise PrintTrouble("bad_request")
        if not printer:
            self._state.drop("printers", kind)
            return
        if printer not in self.printers():
            raise PrintTrouble("no_printer")
        self._state.put("printers", kind, printer)

    def print(self, kind: str, content: bytes, content_type: str) -> str:
        """Print on the remembered printer; answers its name. Raises PrintTrouble."""
        name = self.chosen().get(kind)
        if name is None:
            raise PrintTrouble("no_printer_chosen")
        if content_type not in {PDF, ZPL} or (content_type == PDF and not content.startswith(b"%PDF-")):
            raise PrintTrouble("bad_request")
        if name in self._settings.printers:
            if content_type != ZPL:
                raise PrintTrouble("raw_printer_takes_zpl")
            _send_raw(self._settings.printers[name], content)
        else:
            self._hand_over(name, content, content_type)
        return name

    def _hand_over(self, name: str, content: bytes, content_type: str) -> None:
        with tempfile.TemporaryDirectory(prefix="benhanmo-") as folder:  # for this user alone (0700)
            file = Path(folder) / ("print.pdf" if content_type == PDF else "print.zpl")
            file.write_bytes(content)
            if self._settings.pdf_program:
                command = [part.format(printer=name, file=file) for part in self._settings.pdf_program]
            elif program := shutil.which("lp"):
                command = [
                    program,
                    "-d",
                    name,
                    *(["-o", "raw"] if content_type == ZPL else []),
                    "--",
                    str(file),
                ]
            else:
                raise PrintTrouble("no_print_program")
            try:
                done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
            except (OSError, subprocess.TimeoutExpired):
                raise PrintTrouble("printer_down") from None
            if done.returncode != 0:
                raise PrintTrouble("printer_down")


def _queues() -> list[str]:
    """CUPS' queues; on Windows the printers that PowerShell lists."""
    if program := shutil.which("lpstat"):
        command = [program, "-e"]
    elif program := shutil.which("powershell"):
        command = [program, "-NoProfile", "-Command", "Get-Printer | ForEach-Object Name"]
    else:
        return []
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]


def _send_raw(address: str, content: bytes) -> None:
    """Port 9100, as label printers listen there."""
    parts = urlsplit(address)
    try:
        with socket.create_connection(
            (parts.hostname or "", parts.port or 9100), timeout=_SECONDS
        ) as connection:
            connection.sendall(content)
    except OSError:
        raise PrintTrouble("printer_down") from None

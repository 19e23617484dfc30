"""What the IT person wrote (agent.toml) and what the agent keeps by itself (state.json, for its user alone)."""

import json
import os
import re
import sys
import threading
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PORT = 18620
_LOOPBACK_NAMES = {"localhost", "127.0.0.1"}


class BadSettings(Exception):
    """agent.toml can't be used; the text says why."""


@dataclass(frozen=True)
class SerialPort:
    """A scanner or card reader: `device` is /dev/ttyACM0 or COM3, `baud` its speed."""

    device: str
    baud: int = 9600


@dataclass(frozen=True)
class Settings:
    """agent.toml. `prompt` is a program that asks for the PIN (see `window`); `printers` are named raw sockets."""

    origins: frozenset[str]
    modules: tuple[str, ...] = ()
    port: int = PORT
    prompt: tuple[str, ...] = ()
    printers: dict[str, str] = field(default_factory=dict)
    serial: tuple[SerialPort, ...] = ()
    pdf_program: tuple[str, ...] = ()
    fingerprint_program: tuple[str, ...] = ()


def default_folder() -> Path:
    """Where this user's agent has its files."""
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"]) / "benhanmo-agent"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "benhanmo-agent"


def read_settings(folder: Path) -> Settings:
    """agent.toml of this folder. Raises BadSettings."""
    try:
        given = tomllib.loads((folder / "agent.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{folder / 'agent.toml'}: {error}") from error
    try:
        serial = tuple(SerialPort(**one) for one in given.pop("serial", []))
        settings = Settings(
            origins=frozenset(given.pop("origins", [])),
            modules=tuple(given.pop("modules", [])),
            prompt=tuple(given.pop("prompt", [])),
            pdf_program=tuple(given.pop("pdf_program", [])),
            fingerprint_program=tuple(given.pop("fingerprint_program", [])),
            serial=serial,
            **given,
        )
    except TypeError as error:
        raise BadSettings(str(error)) from error
    if not settings.origins or not all(is_origin(one) for one in settings.origins):
        raise BadSettings(
            'origins = ["https://…"]: the addresses of the hospital\'s own pages, nothing after the name'
        )
    if not all(Path(one).is_absolute() for one in settings.modules):
        raise BadSettings("modules: whole paths of the tokens' PKCS #11 libraries")
    if type(settings.port) is not int or not 1024 <= settings.port <= 65535:
        raise BadSettings("port is a number from 1024 to 65535")
    if not all(re.fullmatch(r"socket://[^/:]+:\d+", one) for one in settings.printers.values()):
        raise BadSettings('printers: name = "socket://address:9100"')
    return settings


def is_origin(text: object) -> bool:
    """An origin as browsers send it (RFC 6454 §7): HTTPS, or this machine itself for trying things out."""
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or not host or text != text.lower():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK_NAMES)


class State:
    """Pairings (token's SHA-256 by origin) and remembered printers, in a file that nobody else may read."""

    def __init__(self, folder: Path) -> None:
        self._path, self._lock = folder / "state.json", threading.Lock()
        try:
            self._kept: dict[str, dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._kept = {}

    def part(self, name: str) -> dict[str, Any]:
        """A copy of one part: "pairings" or "printers"."""
        with self._lock:
            return dict(self._kept.get(name, {}))

    def put(self, name: str, key: str, value: Any) -> None:
        """Keep one value, on the disk before this returns."""
        with self._lock:
            self._kept.setdefault(name, {})[key] = value
            self._write()

    def drop(self, name: str, key: str) -> None:
        """Forget one value."""
        with self._lock:
            self._kept.get(name, {}).pop(key, None)
            self._write()

    def clear(self, name: str) -> None:
        """Forget a part."""
        with self._lock:
            self._kept.pop(name, None)
            self._write()

    def _write(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._kept, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

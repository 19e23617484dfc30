"""EMR_HOME: everything that one instance writes, and its secrets."""

import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from emr.local import privileges
from emr.local.errors import LocalError

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET = 107  # bytes; the kernel's limit for a unix socket's path
_SECRETS: dict[str, Callable[[], str]] = {
    "EMR_SECRET_KEY": lambda: secrets.token_urlsafe(60),
    "EMR_FILE_KEY": lambda: secrets.token_hex(32),
    "EMR_BACKUP_PASSWORD": lambda: secrets.token_urlsafe(24),
    "EMR_LOCAL_SUPERUSER_PASSWORD": lambda: secrets.token_urlsafe(24),
    "EMR_LOCAL_OWNER_PASSWORD": lambda: secrets.token_urlsafe(24),
    "EMR_LOCAL_APPLICATION_PASSWORD": lambda: secrets.token_urlsafe(24),
    "EMR_LOCAL_BROKER_PASSWORD": lambda: secrets.token_urlsafe(24),
}


class Home:
    """The folder, its sub-folders and `instance.env` with the secrets made at the first start (0600)."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.env_file = self.root / "instance.env"
        self.logs = self.root / "logs"
        self.run = self.root / "run"
        self.backups = self.root / "backups"

    @classmethod
    def here(cls) -> "Home":
        """The one that EMR_HOME names, else var/ in the checkout."""
        return cls(Path(os.environ.get("EMR_HOME") or CHECKOUT / "var"))

    def exists(self) -> bool:
        return self.env_file.exists()

    def create(self, settings: str, given: dict[str, str] | None = None) -> None:
        """Make folders and secrets (a restored instance brings its own); what is there stays as it is."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            # PostgreSQL's account must be able to walk through, not to look around.
            self.root.chmod(0o711)
            for folder in (self.logs, self.run):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o711)
            for private in (self.root / "keys", self.root / "files", self.backups, self.root / "broker"):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LocalError(f"EMR_HOME={self.root} can't be written: {error.strerror}.") from error
        known = self.secrets() if self.exists() else given or {}
        wanted = {"EMR_SETTINGS": known.get("EMR_SETTINGS", settings)}
        wanted |= {name: known.get(name) or make() for name, make in _SECRETS.items()}
        if wanted != known or not self.exists():
            self._write({**known, **wanted})

    def secrets(self) -> dict[str, str]:
        """What instance.env holds."""
        lines = self.env_file.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def _write(self, values: dict[str, str]) -> None:
        """Whole or not at all: a lost file key would be lost records."""
        header = "# Made at the first start. Back it up with the database: without EMR_FILE_KEY the files can't be read.\n"
        temporary = self.env_file.with_suffix(".new")
        temporary.touch(mode=0o600)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(header + "".join(f"{name}={value}\n" for name, value in values.items()))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.env_file)

    @property
    def sockets(self) -> Path:
        """Where the services listen: in the instance, or under /tmp when its path is too long for a socket."""
        inside = self.run / "sockets"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        outside = Path(tempfile.gettempdir()) / f"emr-{os.getuid()}-{digest}"
        outside.mkdir(mode=0o711, exist_ok=True)
        owner = outside.lstat()
        ours = {os.getuid(), privileges.NOBODY} if privileges.is_root() else {os.getuid()}
        if not stat.S_ISDIR(owner.st_mode) or owner.st_uid not in ours:
            raise LocalError(f"{outside} belongs to somebody else. Set EMR_HOME to a shorter path.")
        return outside

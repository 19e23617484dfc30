"""One private broker (Redis or Valkey) on a unix socket. It only wakes workers: what must not be lost is in PostgreSQL."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from emr.local import privileges


@dataclass(frozen=True)
class Broker:
    """A server whose files are in `data` and whose socket is `socket`."""

    data: Path
    socket: Path
    password: str = field(repr=False)
    program: Path

    @property
    def url(self) -> str:
        """The address as REDIS_URL has it: Celery's spelling of a unix socket."""
        return f"redis+socket://:{quote(self.password, safe='')}@{self.socket}"

    def prepare(self) -> None:
        """Write its settings to a file, so that the password is in no process list."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        lines = [
            "port 0",
            f'unixsocket "{self.socket}"',
            "unixsocketperm 700",
            f'dir "{self.data}"',
            f"requirepass {self.password}",
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            "daemonize no",
            "save 900 1",
        ]
        self._config.touch(mode=0o600)
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def command(self) -> list[str]:
        """The server in the foreground; it ends with its parent."""
        return [privileges.setpriv(), "--pdeathsig=TERM", str(self.program), str(self._config)]

    def answers(self) -> bool:
        try:
            with Redis(unix_socket_path=str(self.socket), password=self.password, socket_timeout=2) as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    @property
    def _config(self) -> Path:
        return self.data / "broker.conf"

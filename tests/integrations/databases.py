"""A HIS's database to read from: one in the run's PostgreSQL, and a MariaDB, each behind a wire of ours."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from emr.local.postgres import PORT, SUPERUSER
from tests.emr.signin.ports import free_port, wait_for_port
from tests.support.services import Services, tool

PASSWORD = "mat khau của HIS"
VIEWER = "emr_viewer"
STAYS = """
CREATE TABLE stays (id integer PRIMARY KEY, so_dt varchar(40), mrn varchar(40), ho_ten varchar(200),
    birth varchar(20), sex varchar(10), kind varchar(20), began {time}, department varchar(20), bed varchar(20),
    diagnosis_code varchar(10), ended {time} NULL,
    cancelled integer, changed {time} NULL)
"""
VIEW = """
CREATE VIEW v_stays AS SELECT id, so_dt, mrn, ho_ten, birth, sex, kind, began, department, bed, diagnosis_code, ended,
    cancelled, changed FROM stays
"""


class Relay:
    """A wire to the database that can be cut, or that falls silent."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect, self.is_silent = connect, False
        self._server: socket.socket | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Take connections, on the port of before if there was one."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        self.is_silent = False
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """Be away."""
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                wire, _peer = server.accept()
                far = self._connect()
            except OSError:
                return
            for one, other in ((wire, far), (far, wire)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := one.recv(65536):
                while self.is_silent:
                    time.sleep(0.05)
                other.sendall(chunk)
        for wire in (one, other):
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


@dataclass
class HisDatabase:
    """A database with a table and a view of stays; `run` works as its owner."""

    driver: str
    run: Callable[[str], None]
    relay: Relay
    tls: dict[str, Any] = field(default_factory=dict)

    @property
    def time(self) -> str:
        return "timestamp" if self.driver == "postgresql" else "datetime(6)"

    def begin_anew(self) -> None:
        """An empty table, its view, and the reader's right to the view alone."""
        for statement in (
            "DROP VIEW IF EXISTS v_slow",
            "DROP VIEW IF EXISTS v_stays",
            "DROP TABLE IF EXISTS stays",
            STAYS.format(time=self.time),
            VIEW,
        ):
            self.run(statement)
        whom = VIEWER if self.driver == "postgresql" else f"'{VIEWER}'@'%'"
        self.run(f"GRANT SELECT ON v_stays TO {whom}")

    def put(self, number: int, *, changed: str, **values: object) -> None:
        """Write a stay's row, in place of the one with this number."""
        row: dict[str, object] = {
            "id": number, "so_dt": f"DT{number:06}", "mrn": f"BN{number:06}", "ho_ten": f"Nguyễn Văn Bình {number}",
            "birth": "17/05/1980", "sex": "Nam", "kind": "Nội trú", "began": changed, "department": "K03", "bed": None,
            "diagnosis_code": None, "ended": None, "cancelled": 0, "changed": changed,
        } | values  # fmt: skip
        written = ", ".join("NULL" if value is None else f"'{value}'" for value in row.values())
        self.run(f"DELETE FROM stays WHERE id = {number}")  # noqa: S608  the test's own words
        self.run(f"INSERT INTO stays ({', '.join(row)}) VALUES ({written})")  # noqa: S608


@pytest.fixture(scope="session")
def his_postgres(services: Services, worker_id: str) -> Iterator[HisDatabase]:
    """In the run's server, as a hospital's HIS would be elsewhere."""
    name, admin = f"his_{worker_id}", services.postgres.url(SUPERUSER, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [VIEWER]).fetchone():
            connection.execute(f"CREATE ROLE {VIEWER} LOGIN PASSWORD '{PASSWORD}'")

    def run(statement: str) -> None:
        with psycopg.connect(services.postgres.url(SUPERUSER, name), autocommit=True) as connection:
            connection.execute(statement)

    def connect() -> socket.socket:
        wire = socket.socket(socket.AF_UNIX)
        wire.connect(str(services.postgres.sockets / f".s.PGSQL.{PORT}"))
        return wire

    relay = Relay(connect)
    yield HisDatabase("postgresql", run, relay, {"database": name})
    relay.stop()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def his_mariadb() -> Iterator[HisDatabase]:
    """A MariaDB of its own, with TLS (its certificate made by OpenSSL)."""
    program = tool("mariadbd", "mariadb-server-core")
    tool("my_print_defaults", "mariadb-client-core")  # mariadb-install-db asks it
    folder = Path(tempfile.mkdtemp(prefix="emr-maria-"))
    openssl = tool("openssl", "openssl")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=his.test", "-addext", "subjectAltName=DNS:his.test", "-keyout", folder / "key.pem", "-out",
         folder / "his.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    common = ["--no-defaults", f"--datadir={folder}/data", *(["--user=root"] if os.geteuid() == 0 else [])]
    subprocess.run(
        [tool("mariadb-install-db", "mariadb-server-core"), *common, "--auth-root-authentication-method=normal",
         "--skip-test-db"],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    server = subprocess.Popen(
        [program, *common, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s", f"--pid-file={folder}/pid",
         f"--ssl-cert={folder}/his.pem", f"--ssl-key={folder}/key.pem", "--innodb-flush-log-at-trx-commit=0",
         "--innodb-buffer-pool-size=32M", "--character-set-server=utf8mb4"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_port(port, server)

    def run(statement: str) -> None:
        with pymysql.connect(
            unix_socket=f"{folder}/s", user="root", database="his", autocommit=True
        ) as connection:
            connection.cursor().execute(statement)

    with pymysql.connect(unix_socket=f"{folder}/s", user="root", autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE his")
        cursor.execute(f"CREATE USER '{VIEWER}'@'%' IDENTIFIED BY '{PASSWORD}'")
    relay = Relay(lambda: socket.create_connection(("127.0.0.1", port)))
    try:
        yield HisDatabase("mariadb", run, relay, {"database": "his", "certificate": folder / "his.pem"})
    finally:
        relay.stop()
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)

"""The programs of an instance: which command, which port, who comes first."""

import datetime as dt
import shutil
import signal
import socket
import sys
from pathlib import Path

from emr.local import privileges
from emr.local.errors import LocalError
from emr.local.home import CHECKOUT
from emr.local.instance import Instance
from emr.local.nights import seconds_to_next
from emr.local.supervisor import Program

WEB_THREADS = "8"
WORKERS = "2"
# Threads that wait for neighbours; each holds a database connection for milliseconds only.
DELIVERERS = "12"
PYTHON = sys.executable
BIN = Path(sys.executable).parent


def port(environment: dict[str, str], name: str, default: int) -> int:
    """A listener's port from its variable."""
    raw = environment.get(name, str(default))
    if not raw.isdigit() or not 1 <= int(raw) <= 65535:
        raise LocalError(f"{name} must be a port number from 1 to 65535.")
    return int(raw)


def refuse_taken_ports(environment: dict[str, str]) -> None:
    """Say which variable to change before anything starts."""
    host = environment.get("EMR_BIND", "127.0.0.1")
    wanted = {"EMR_PORT": port(environment, "EMR_PORT", 8000)}
    if has_command("mllp"):
        wanted["EMR_MLLP_PORT"] = port(environment, "EMR_MLLP_PORT", 2575)
    for name, number in wanted.items():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except PermissionError:
                raise LocalError(f"{name}={number} needs root. Set {name} to a port above 1023.") from None
            except OSError as error:
                raise LocalError(
                    f"{name}={number} is taken on {host} by another program ({error.strerror}). "
                    f"Set {name} to a free port, for example: {name}={number + 1} make run"
                ) from None


def has_command(name: str) -> bool:
    """Whether some room brings this management command."""
    return any(CHECKOUT.glob(f"*/*/management/commands/{name}.py"))


def services(instance: Instance) -> list[Program]:
    """The embedded database and broker, as far as no others are given. They end last."""
    programs = []
    if instance.embeds_database:
        postgres = instance.postgres
        programs.append(
            Program(
                "postgres",
                postgres.command(),
                postgres.environment(),
                postgres.log,
                rank=0,
                patience=60.0,
                stop_signal=signal.SIGINT,  # fast: open transactions roll back
                ready=postgres.answers,
                before=postgres.prepare,
            )
        )
    if instance.embeds_broker:
        broker = instance.broker
        programs.append(
            Program(
                "broker",
                broker.command(),
                {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
                instance.home.logs / "broker.log",
                rank=0,
                ready=broker.answers,
                before=broker.prepare,
            )
        )
    return programs


def application(instance: Instance) -> list[Program]:
    """Web, workers, beat and the listeners that exist."""
    environment = instance.environment(as_owner=False) | {"PYTHONUNBUFFERED": "1"}
    host, number = environment.get("EMR_BIND", "127.0.0.1"), port(environment, "EMR_PORT", 8000)
    web = [
        *(str(BIN / "granian"), "--interface", "wsgi", "--no-ws", "--host", host, "--port", str(number)),
        *("--workers", "1", "--blocking-threads", WEB_THREADS, "--respawn-failed-workers"),
        *("--workers-kill-timeout", "5", "--log-level", "warning", "emr.wsgi:application"),
    ]
    if certificate := environment.get("EMR_TLS_CERT"):
        web[-1:-1] = ["--ssl-certificate", certificate, "--ssl-keyfile", environment.get("EMR_TLS_KEY", "")]
    counts = instance.home.run / "metrics"
    celery = [str(BIN / "celery"), "-A", "emr.celery"]
    worker = [*celery, "worker", "-Q", "interactive,bulk,sync", "-c", WORKERS, "-l", "WARNING"]
    worker += ["--without-gossip", "--without-mingle", "-n", "worker@localhost"]
    deliver = [*celery, "worker", "-Q", "deliver", "-P", "threads", "-c", DELIVERERS, "-l", "WARNING"]
    deliver += [
        "--prefetch-multiplier",
        "1",
        "--without-gossip",
        "--without-mingle",
        "-n",
        "deliver@localhost",
    ]
    beat = [*celery, "beat", "-l", "WARNING", "-s", str(instance.home.run / "beat")]
    beat += ["--pidfile", ""]
    commands = {"web": web, "worker": worker, "deliver": deliver, "beat": beat}
    for listener in ("mllp", "worklist"):
        if has_command(listener):
            commands[listener] = [PYTHON, str(CHECKOUT / "manage.py"), listener]
    programs = {
        name: Program(name, _bound_to_us(command), environment, instance.home.logs / f"{name}.log")
        for name, command in commands.items()
    }
    if environment.get("EMR_SETTINGS") == "demo":
        programs |= demo_neighbours(environment, instance.home.logs)
    if instance.embeds_database:
        programs["backup"] = nightly_backup(instance)
    programs["web"].ready = lambda: listens(host, number)
    # The web processes count their requests together, in files that begin anew with them.
    programs["web"].environment = environment | {"PROMETHEUS_MULTIPROC_DIR": str(counts)}
    programs["web"].before = lambda: shutil.rmtree(counts, ignore_errors=True)
    return list(programs.values())


# How far from the listener's port the demo's neighbours take orders: two checkouts side by side don't meet.
DEMO_NEIGHBOURS = {"LIS": 1000, "RIS": 2000, "HIS": 3000}
# What the demo's HIS never has, and from one of its invented patients to the next.
OUT_OF_STOCK, ARRIVALS_SECONDS = "ibuprofen", 1800


# How the demo's monitors name themselves.
DEMO_MONITORS = ("SIM-MON-01", "SIM-MON-02")


def demo_neighbours(environment: dict[str, str], logs: Path) -> dict[str, Program]:
    """A HIS that takes orders and tells of patients, a laboratory's and a radiology's system that answer orders with
    invented results, and two monitors at the bed; each says that it is none.
    """
    listener = port(environment, "EMR_MLLP_PORT", 2575)
    found = {}
    for name, distance in DEMO_NEIGHBOURS.items():
        if listener + distance > 65535:
            continue
        program = f"demo-{name.lower()}"
        own, there = str(listener + distance), str(listener)
        if name == "HIS":
            command = [
                PYTHON,
                "-m",
                "integrations.his.simulator",
                "--listen",
                own,
                "--port",
                there,
                "--delay",
                "20",
            ]
            command += ["--out-of-stock", OUT_OF_STOCK, "--arrivals", str(ARRIVALS_SECONDS)]
        else:
            command = [PYTHON, "-m", "integrations.lis.simulator", "--name", name, "--delay", "20"]
            command += ["--port", own, "--to-port", there]
        found[program] = Program(program, _bound_to_us(command), environment, logs / f"{program}.log")
    command = [PYTHON, "-m", "integrations.monitors.simulator", "--port", str(listener)]
    for name in DEMO_MONITORS:
        command += ["--monitor", name]
    program = "demo-monitors"
    found[program] = Program(program, _bound_to_us(command), environment, logs / f"{program}.log")
    return found


def nightly_backup(instance: Instance) -> Program:
    """Database, files and sealed keys to EMR_HOME/backups, each night at EMR_BACKUP_HOUR."""
    environment = instance.environment(as_owner=True)
    folder, hour = instance.home.backups, int(environment.get("EMR_BACKUP_HOUR", "2"))
    return Program(
        "backup",
        _bound_to_us([PYTHON, str(CHECKOUT / "manage.py"), "backup", str(folder)]),
        environment,
        instance.home.logs / "backup.log",
        next_run=lambda: seconds_to_next(folder, hour, dt.datetime.now(dt.UTC)),
    )


def listens(host: str, number: int) -> bool:
    """Whether somebody answers at this port."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
    try:
        with socket.create_connection((reachable, number), timeout=1):
            return True
    except OSError:
        return False


def _bound_to_us(command: list[str]) -> list[str]:
    return [privileges.setpriv(), "--pdeathsig=TERM", *command]

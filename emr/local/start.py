"""`make run`: services, migrations, demo hospital, programs, address. Ctrl-C ends all of it."""

import hashlib
import os
import sys
from contextlib import nullcontext

from emr.local import programs
from emr.local.announce import announcement
from emr.local.errors import LocalError
from emr.local.home import CHECKOUT, Home
from emr.local.instance import Instance
from emr.local.supervisor import Supervisor, end_leftovers

# What migrations, catalogues, forms, static files and the demo hospital are made from.
PREPARED_FROM = (
    "*/*/migrations/*.py",
    "*/*/demo*.py",
    "*/*/demo/**/*.py",
    "*/*/management/commands/demo.py",
    "emr/terminology/files/**/*",
    "encounters/forms/questionnaires/**/*",
    "static/**/*",
)


def main() -> None:
    """Start the instance in EMR_HOME and stay until somebody stops it."""
    # Addresses of modules and of settings are relative to the checkout.
    os.chdir(CHECKOUT)
    os.environ["PYTHONPATH"] = str(CHECKOUT)
    home = Home.here()
    try:
        home.create(os.environ.get("EMR_SETTINGS", "demo"))
        instance = Instance(home)
        with instance.running_alone():
            end_leftovers(home.root)
            programs.refuse_taken_ports(instance.environment(as_owner=False))
            keeper = instance.database_for_the_supervisor() if instance.embeds_database else nullcontext()
            with keeper:
                run(instance)
    except LocalError as error:
        sys.exit(f"error: {error}")


def run(instance: Instance) -> None:
    """The instance's whole life."""
    supervisor = Supervisor(instance.home.root, say)
    try:
        if instance.embeds_database:
            instance.postgres.initialise()
        services = programs.services(instance)
        for program in services:
            supervisor.start(program)
        supervisor.wait_until_ready(*services)
        if instance.embeds_database and not supervisor.stopping:
            instance.postgres.ensure_roles()
        prepare(instance, supervisor)
        if supervisor.stopping:
            return
        # The pages first: on a small machine all at once would keep each other, and the person, waiting.
        web, *others = programs.application(instance)
        supervisor.start(web)
        supervisor.wait_until_ready(web)
        for program in others:
            supervisor.start(program)
        if not supervisor.stopping:
            say(announcement(instance))
            supervisor.tend_until_stopped()
    finally:
        say("stopping …")
        supervisor.end()
        say("stopped.")


def prepare(instance: Instance, supervisor: Supervisor) -> None:
    """Migrate, collect static files and load the demo when code or database are new: one process, seconds."""
    stamp = instance.home.run / "prepared"
    wanted = code_fingerprint() + database_fingerprint(instance)
    if supervisor.stopping or (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        return
    say("preparing the database (the first time this takes a minute) …")
    log = instance.home.logs / "prepare.log"
    command = [sys.executable, "-m", "emr.local.prepare"]
    code = supervisor.run_once(command, instance.environment(as_owner=True), log)
    if code > 0:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise LocalError(
            "The database couldn't be prepared:\n  " + "\n  ".join(tail) + f"\nThe whole log: {log}"
        )
    if code == 0:
        stamp.write_text(wanted, encoding="utf-8")


def code_fingerprint() -> str:
    """Changes when migrations, static files, demo data or packages do."""
    digest = hashlib.sha256((CHECKOUT / "uv.lock").read_bytes())
    watched = [path for pattern in PREPARED_FROM for path in sorted(CHECKOUT.glob(pattern)) if path.is_file()]
    for path in watched:
        state = path.stat()
        digest.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def database_fingerprint(instance: Instance) -> str:
    """Changes when the cluster was made anew or another database is meant."""
    if not instance.embeds_database:
        return hashlib.sha256(os.environ["DATABASE_URL"].encode()).hexdigest()
    return str((instance.postgres.data / "PG_VERSION").stat().st_mtime_ns)


def say(text: str) -> None:
    print(text, flush=True)

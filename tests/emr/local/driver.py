"""An instance with real services and supervisor, but a small web program: started as a process by the tests."""

import sys
from pathlib import Path

from emr.local import programs, start
from emr.local.instance import Instance
from emr.local.supervisor import Program, Supervisor


def small_application(instance: Instance) -> list[Program]:
    """`web` answers on EMR_PORT; `worker` has a child of its own, as Celery's has."""
    environment = instance.environment(as_owner=False)
    number = programs.port(environment, "EMR_PORT", 8000)
    web = [
        sys.executable,
        "-m",
        "http.server",
        str(number),
        "--bind",
        "127.0.0.1",
        "--directory",
        "/proc/self/fdinfo",
    ]
    worker = ["/bin/sh", "-c", "sleep 1000 & wait"]
    made = [
        Program(name, programs._bound_to_us(command), environment, instance.home.logs / f"{name}.log")
        for name, command in (("web", web), ("worker", worker))
    ]
    made[0].ready = lambda: programs.listens("127.0.0.1", number)
    return made


def no_preparation(instance: Instance, supervisor: Supervisor) -> None:
    """The suite's own database is migrated elsewhere; here only the processes count."""
    Path(instance.home.run / "prepared").touch()


if __name__ == "__main__":
    programs.application = small_application
    start.prepare = no_preparation
    start.main()

"""What `make run` prints when everything is up."""

from emr.local.instance import Instance
from emr.local.programs import has_command, port

# docs and tests rely on these names; `manage.py demo` makes the accounts.
DEMO_USERS = {
    "bacsi": "doctor, Internal Medicine",
    "bacsi2": "doctor, Surgery",
    "truongkhoa": "head of Internal Medicine",
    "dieuduong": "nurse, Internal Medicine",
    "ddtruong": "head nurse, Internal Medicine",
    "tiepdon": "registration",
    "xetnghiem": "laboratory",
    "xetnghiem2": "laboratory, releases what the other entered",
    "cdha": "imaging",
    "duocsi": "pharmacist",
    "luutru": "records",
    "khth": "planning office",
    "giamdoc": "director",
    "vanthu": "keeper of the facility's seal",
    "tichhop": "integration staff",
    "quantri": "administrator, no clinical access",
    "kiemtoan": "auditor, reads the log only",
    "giamdinh": "inspector from outside, reads what a letter lists",
}


def announcement(instance: Instance) -> str:
    """Address, demo users, where the logs are."""
    environment = instance.environment(as_owner=False)
    host = {"127.0.0.1": "localhost", "0.0.0.0": "localhost"}.get(environment.get("EMR_BIND", "127.0.0.1"))  # noqa: S104
    number = port(environment, "EMR_PORT", 8000)
    scheme = "https" if environment.get("EMR_TLS_CERT") else "http"
    lines = ["", f"Bệnh án mở: {scheme}://{host or environment['EMR_BIND']}:{number}/"]
    if environment["EMR_SETTINGS"] in {"demo", "training"} and has_command("demo"):
        width = max(map(len, DEMO_USERS))
        lines += ["", *(f"  {name:<{width}}  {role}" for name, role in DEMO_USERS.items()), ""]
        lines.append(
            f"Password of each: {environment.get('EMR_DEMO_PASSWORD', 'benhanmo')}    signing PIN: 123456"
        )
    if has_command("mllp"):
        lines.append(f"HL7 v2 (MLLP): port {port(environment, 'EMR_MLLP_PORT', 2575)}")
    lines.append(f"Logs: {instance.home.logs}    Ctrl-C stops everything.")
    return "\n".join(lines)

"""The demo HIS's key for launch links; its secret is no secret (S-59: outside the demo there is no such key)."""

from emr.accounts.models import User
from integrations.launch.models import LaunchKey
from integrations.launch.services import add_key

ISSUER, KEY_ID = "HIS", "demo"
SECRET = b"demo HIS, known to everybody: 32"


def build_key(admin: User) -> None:
    """The key, made once."""
    if not LaunchKey.objects.filter(facility_id=admin.facility_id, issuer=ISSUER, key_id=KEY_ID).exists():
        add_key(issuer=ISSUER, key_id=KEY_ID, secret=SECRET, by=admin)

"""A training copy: the demo hospital under a striped banner, deaf and dumb to every other system. Never for real patients.

What could reach out of it is empty here, whatever the environment says: no mail, no messages, no timestamp authority, no
real signing keys, no bucket, no directory of staff.
"""

from emr.settings.demo import *  # noqa: F403

EMR_TRAINING = True
# Cookies don't know ports: beside the real one on the same machine neither session ends the other.
SESSION_COOKIE_NAME = "training_session"
CSRF_COOKIE_NAME = "training_csrf"
LANGUAGE_COOKIE_NAME = "training_language"

EMAIL_HOST = ""
EMR_SMS_URL = ""
EMR_CHAT_URL = ""
EMR_TSA_URL = ""
EMR_KEY_SERVICES = ""
EMR_S3_BUCKET = ""
EMR_OIDC_ISSUER = ""
EMR_LDAP_URL = ""

from django.apps import AppConfig


class AttestationsConfig(AppConfig):
    name = "encounters.attestations"
    label = "attestations"
    default_auto_field = "django.db.models.BigAutoField"

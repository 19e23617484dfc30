from django.apps import AppConfig


class Hl7v2Config(AppConfig):
    name = "integrations.hl7v2"
    label = "hl7v2"
    default_auto_field = "django.db.models.BigAutoField"

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "emr.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

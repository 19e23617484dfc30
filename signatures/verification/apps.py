from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "signatures.verification"
    label = "verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the desk what stands in a file that is signed once more, and records' files whether theirs hold."""
        from encounters.bundles import seals  # noqa: PLC0415
        from signatures.signing.before import register_judge  # noqa: PLC0415
        from signatures.verification.before import judge  # noqa: PLC0415
        from signatures.verification.services import judge_file  # noqa: PLC0415

        register_judge(judge)
        seals.register_judge(judge_file)

"""E-mail by Django's SMTP backend and EMR_SMTP_*."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext_lazy as _

from emr.notices.channels import Refused, Unreachable
from emr.notices.text import Outgoing

_FOR_GOOD = range(500, 600)


class Mail:
    """Plain text, one recipient a message; the Message-ID is the delivery's own, so a repeated one is recognised."""

    title = _("E-mail")

    def is_set_up(self) -> bool:
        """Whether EMR_SMTP_HOST names a server."""
        return bool(settings.EMAIL_HOST)

    def send(self, message: Outgoing) -> None:
        """Hand it to the server."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
        headers = {"Message-ID": f"<{message.id}@{domain}>", "Auto-Submitted": "auto-generated"}
        if message.is_urgent:
            headers |= {"Importance": "high", "X-Priority": "1"}
        mail = EmailMessage(
            message.subject, message.text, None, [message.to], headers=headers, connection=get_connection()
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise self._verdict(max(codes, default=0)) from None
        except smtplib.SMTPResponseException as error:
            raise self._verdict(error.smtp_code) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(type(error).__name__) from None

    @staticmethod
    def _verdict(code: int) -> Exception:
        # A wrong password (535) is the operator's to mend: the message is kept and tried again.
        if code in _FOR_GOOD and code not in {530, 535}:
            return Refused()
        return Unreachable(f"SMTP {code}")

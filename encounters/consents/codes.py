"""The one-time code: six digits to the telephone of who confirms, typed on the page within minutes."""

import hmac
import re
from collections.abc import Mapping
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from emr.notices import channels
from emr.notices.text import Outgoing
from encounters.consents.ways import Asked, Away, Proof, Refused

_PHONE = re.compile(r"^\+[1-9]\d{7,14}$")


def code_of(uuid: UUID) -> str:
    """The six digits of a code: made of the house's secret key, so that neither a table nor a queue holds them."""
    digest = salted_hmac("encounters.consents.code", str(uuid), algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8]) % 10**6:06d}"


def masked(address: str) -> str:
    """A telephone number as it is printed: its last three digits."""
    return "•" * max(len(address) - 3, 0) + address[-3:] if address else ""


class CodeAdapter:
    """By the SMS channel of the notices. The text names the hospital and nothing of the patient or the document."""

    name = "code"
    way = "code"
    title = _("One-time code by text message")
    address_label = _("Mobile telephone of who confirms")
    answer_label = _("Code received")
    agent_action = ""

    def is_set_up(self, facility_id: int) -> bool:
        return channels.is_set_up("sms")

    def tidy_address(self, typed: str) -> str:
        plain = re.sub(r"[\s.()-]", "", typed)
        number = f"+84{plain[1:]}" if plain.startswith("0") else plain
        if not _PHONE.match(number):
            raise Refused("wrong")
        return number

    def ask(self, asked: Asked) -> str:
        channel = channels.channel_of("sms")
        if channel is None or not channel.is_set_up():
            raise Refused("not_set_up")
        # Without accents: a text message in another alphabet than GSM's costs twice.
        text = (
            f"{code_of(asked.id)} la ma xac nhan cua Quy vi tai co so kham benh, chua benh, dung trong"
            f" {asked.minutes} phut. Chi doc ma sau khi da xem noi dung tren man hinh."
        )
        try:
            channel.send(Outgoing(asked.id, asked.address, "", text, text, is_urgent=True))
        except channels.Refused as refusal:
            raise Refused("refused") from refusal
        except channels.Unreachable as trouble:
            raise Away from trouble
        return str(asked.id)

    def check(self, asked: Asked, answer: Mapping[str, str]) -> Proof | None:
        typed = "".join(letter for letter in answer.get("code", "") if not letter.isspace())
        if not typed:
            return None
        if not hmac.compare_digest(typed.encode(), code_of(asked.id).encode()):
            raise Refused("wrong")
        return Proof(transaction=str(asked.id), detail={"telephone": masked(asked.address)})

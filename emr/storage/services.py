"""One way in, one way out: encrypted, checked against the digest on every read."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models, transaction

from emr.storage import keys
from emr.storage.models import Attachment, AttachmentKey
from emr.storage.stores import store

_NONCE = 12


class DamagedFile(Exception):
    """The stored bytes aren't what was stored; nobody may be shown them (F-30)."""


def store_bytes(data: bytes, *, content_type: str, facility: models.Model) -> Attachment:
    """Keep bytes for ever: durable on disk first, then the row. A rollback leaves an orphan file, never the reverse."""
    digest = hashlib.sha256(data).hexdigest()
    file_key, nonce = secrets.token_bytes(32), secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(file_key).encrypt(nonce, data, digest.encode())
    name = hashlib.sha256(sealed).hexdigest()
    store().put(name, sealed)
    wrapped_key, wrapped_by = keys.wrap(file_key)
    with transaction.atomic():
        attachment = Attachment.objects.create(
            facility_id=facility.pk,
            sha256=digest,
            size=len(data),
            content_type=content_type,
            stored_sha256=name,
        )
        AttachmentKey.objects.create(attachment=attachment, wrapped_key=wrapped_key, wrapped_by=wrapped_by)
    return attachment


def read_bytes(attachment: Attachment) -> bytes:
    """The bytes as they were given; raises DamagedFile when they no longer are."""
    try:
        sealed = store().get(attachment.stored_sha256)
    except FileNotFoundError as error:
        raise DamagedFile(f"{attachment.uuid}: the file is missing") from error
    key = attachment.key
    try:
        file_key = keys.unwrap(bytes(key.wrapped_key), key.wrapped_by)
        data = AESGCM(file_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], attachment.sha256.encode())
    except (InvalidTag, ValueError, keys.UnknownKey) as error:
        raise DamagedFile(f"{attachment.uuid}: {type(error).__name__}") from error
    if hashlib.sha256(data).hexdigest() != attachment.sha256:
        raise DamagedFile(f"{attachment.uuid}: the digest differs")
    return data


def rewrap_keys() -> int:
    """Wrap every file's key by the first key of `EMR_FILE_KEY`; the files themselves stay. Returns how many."""
    count = 0
    for key in AttachmentKey.objects.exclude(wrapped_by=keys.current()).iterator():
        key.wrapped_key, key.wrapped_by = keys.wrap(keys.unwrap(bytes(key.wrapped_key), key.wrapped_by))
        key.save(update_fields=["wrapped_key", "wrapped_by"])
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that isn't as its row says."""

    uuid: str
    reason: str


def check_files() -> Iterator[Fault]:
    """Read every stored file against its checksum."""
    for attachment in Attachment.objects.select_related("key").order_by("pk").iterator(chunk_size=200):
        try:
            read_bytes(attachment)
        except DamagedFile as error:
            yield Fault(str(attachment.uuid), str(error))


def orphan_names() -> list[str]:
    """Files that no row names: left by a rolled-back transaction, harmless."""
    known = set(Attachment.objects.values_list("stored_sha256", flat=True))
    return [name for name in store().names() if name not in known]

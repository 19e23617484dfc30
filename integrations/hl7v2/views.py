"""HL7 v2 over HTTP, for neighbours that don't speak MLLP: a message in the body, its acknowledgement in the answer."""

from uuid import UUID

from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from emr.accounts.access import public
from emr.common.errors import DomainError
from emr.common.training import demand_real
from emr.ui.limits import Bucket
from integrations.hl7v2 import services
from integrations.transport import peer_certificates
from integrations.transport.framing import MAX_FRAME, FrameDecoder
from integrations.transport.models import Channel
from integrations.transport.tokens import is_token_of

# What HL7 over HTTP and its predecessors call it; "text/plain" isn't among them, so no form of a browser can be it.
CONTENT_TYPES = {
    "application/hl7-v2",
    "application/hl7-v2+er7",
    "x-application/hl7-v2+er7",
    "application/x-hl7-v2+er7",
}
ANSWER = "application/hl7-v2; charset=utf-8"
# A day's admissions of a large hospital come in minutes after a night's cut; a token is tried in vain a few times.
_messages, _strangers = Bucket(3000), Bucket(20)
_CHUNK = 256 * 1024


@csrf_exempt
@public
@never_cache
@transaction.non_atomic_requests
@require_POST
def receive(request: HttpRequest, channel_uuid: UUID) -> HttpResponse:
    """Store one message and answer with its acknowledgement; no session, no cookie: the channel's token is the door.

    200: the body is the acknowledgement, AE and AR too, as over MLLP. 202: stored, none was asked for. 401: not let in;
    which of channel, address, token and certificate is wrong isn't said. 411, 413, 415, 429. 503: nothing is stored, send
    again.
    """
    address = request.META.get("REMOTE_ADDR", "")
    channel = _let_in(request, channel_uuid, address)
    if isinstance(channel, HttpResponse):
        return channel
    if (request.content_type or "").lower() not in CONTENT_TYPES:
        return HttpResponse(status=415)
    raw = _body(request)
    return raw if isinstance(raw, HttpResponse) else _stored(channel, raw, address)


def _let_in(request: HttpRequest, channel_uuid: UUID, address: str) -> Channel | HttpResponse:
    if wait := _wait(_strangers, address, take=False):
        return _later(429, wait)
    channel = _channel(channel_uuid, address, request.headers.get("Authorization", ""))
    certified = channel is not None and _shows_its_certificate(channel, request)
    if channel is None or not certified:
        _wait(_strangers, address)
        services.tell_stranger(address, "HTTP", "certificate" if channel else "no such sender")
        refused = HttpResponse(status=401)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    wait = _wait(_messages, str(channel.pk))
    return _later(429, wait) if wait else channel


def _stored(channel: Channel, raw: bytes, address: str) -> HttpResponse:
    try:
        demand_real()
        reply = services.receive_on(channel, raw, peer_address=address, device="HTTP")
    except (Error, DomainError):  # the database is away, or this is a restored or a training copy
        return _later(503, 10)
    frames = FrameDecoder().feed(reply.wire)
    # Where commit and application acknowledgement were both asked for, the application's says it all.
    return HttpResponse(frames[-1], content_type=ANSWER) if frames else HttpResponse(status=202)


def _channel(uuid: UUID, address: str, authorization: str) -> Channel | None:
    """The channel whose token was shown, from an address that it may be shown from."""
    scheme, _space, token = authorization.partition(" ")
    found = (
        Channel.objects.filter(
            uuid=uuid, direction=Channel.Direction.IN, protocol=Channel.Protocol.HTTP, is_enabled=True
        )
        .select_related("facility", "account")
        .first()
    )
    if found is None or scheme.lower() != "bearer" or not is_token_of(found, token.strip()):
        return None
    return found if found.admits(address) else None


def _shows_its_certificate(channel: Channel, request: HttpRequest) -> bool:
    """Whether the peer showed one of the certificates that the channel asks for; a channel may ask for none."""
    wanted = channel.peer_certificates
    return not wanted or peer_certificates.shown(request.META) in wanted


def _body(request: HttpRequest) -> bytes | HttpResponse:
    """The message, read no further than one may be long; a body of unknown length isn't begun."""
    said = request.META.get("CONTENT_LENGTH") or ""
    if not said.isdigit():
        return HttpResponse(status=411)
    if int(said) > MAX_FRAME:
        return HttpResponse(status=413)
    raw, left = bytearray(), int(said)
    while left and (chunk := request.read(min(_CHUNK, left))):
        raw += chunk
        left -= len(chunk)
    return HttpResponse(status=400) if left or not raw else bytes(raw)


def _wait(bucket: Bucket, key: str, *, take: bool = True) -> float:
    if not settings.EMR_RATE_LIMITS:
        return 0.0
    return bucket.take(key) if take else bucket.wait(key)


def _later(status: int, seconds: float) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Retry-After"] = str(int(seconds) + 1)
    return answer

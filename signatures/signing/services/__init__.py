"""Verbs of signing: ask for a signature, prepare the bytes, sign, embed; and the facility's seal."""

from signatures.signing.services.embed import embed_signature as embed_signature
from signatures.signing.services.embed import keep_signed_bytes as keep_signed_bytes
from signatures.signing.services.prepare import keep_preparation as keep_preparation
from signatures.signing.services.prepare import prepare_request as prepare_request
from signatures.signing.services.requests import ask_to_prepare as ask_to_prepare
from signatures.signing.services.requests import decline as decline
from signatures.signing.services.requests import is_fresh as is_fresh
from signatures.signing.services.requests import open_author_request as open_author_request
from signatures.signing.services.requests import open_further_requests as open_further_requests
from signatures.signing.services.requests import prepare_next_step as prepare_next_step
from signatures.signing.services.requests import request_countersignature as request_countersignature
from signatures.signing.services.requests import request_signature as request_signature
from signatures.signing.services.requests import shown_bytes as shown_bytes
from signatures.signing.services.requests import withdraw_all as withdraw_all
from signatures.signing.services.requests import withdraw_older as withdraw_older
from signatures.signing.services.seal import Purpose as Purpose
from signatures.signing.services.seal import sign_bytes as sign_bytes
from signatures.signing.services.sign import Outcome as Outcome
from signatures.signing.services.sign import sign_requests as sign_requests
from signatures.signing.services.stamp import BATCH as BATCH
from signatures.signing.services.stamp import ask_for_timestamps as ask_for_timestamps
from signatures.signing.services.stamp import keep_stamp as keep_stamp
from signatures.signing.services.stamp import stamp_version as stamp_version

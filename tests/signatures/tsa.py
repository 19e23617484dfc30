"""A timestamp authority of somebody else's making (certomancer), on a loopback port for one test."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_CONFIG = """
external-url-prefix: "http://127.0.0.1"
keysets:
  time:
    path-prefix: {folder}
    keys: {{root: {{path: root.pem}}, tsa: {{path: tsa.pem}}}}
pki-architectures:
  time:
    keyset: time
    entity-defaults: {{country-name: VN, organization-name: "Cấp dấu thời gian"}}
    entities: {{root: {{common-name: "TSA gốc"}}, tsa: {{common-name: "TSA"}}}}
    certs:
      root:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}}
        extensions:
          - {{id: basic_constraints, critical: true, value: {{ca: true}}}}
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}
      tsa:
        issuer: root
        validity: {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2044-01-01T00:00:00+0000"}}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, critical: true, value: [time_stamping]}}
    services:
      time-stamping: {{tsa: {{signing-key: tsa, signing-cert: tsa}}}}
"""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running(folder: Path, port: int = 0) -> Iterator[tuple[str, bytes]]:
    """(address, root certificate as DER) while the block runs. `folder` / roots is one for EMR_TRUST_ROOTS."""
    architecture = _architecture(folder)
    root = architecture.get_cert(CertLabel("root")).dump()
    (folder / "roots").mkdir(exist_ok=True)
    (folder / "roots/time.pem").write_text(ssl.DER_cert_to_PEM_cert(root))
    animator = Animator(AnimatorArchStore({ArchLabel("time"): architecture}), with_web_ui=False)
    with make_server("127.0.0.1", port, animator, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield address(server.server_port), root
        finally:
            server.shutdown()
            thread.join()


def address(port: int) -> str:
    """Where the authority answers, or would if it ran."""
    return f"http://127.0.0.1:{port}/time/tsa/tsa"


def free_port() -> int:
    """A port where nobody answers yet."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def _architecture(folder: Path) -> PKIArchitecture:
    for name in ("root", "tsa"):
        (folder / f"{name}.pem").write_bytes(_key(name))
    config = CertomancerConfig.from_yaml(_CONFIG.format(folder=folder), key_search_dir=str(folder))
    return config.get_pki_arch(ArchLabel("time"))


@cache
def _key(_name: str) -> bytes:
    """The same keys for the whole run: making them is what takes longest."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

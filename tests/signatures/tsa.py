"""A timestamp authority of somebody else's making (certomancer), on a loopback port for one test."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
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
def running(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(address, root certificate as DER) while the block runs."""
    for name in ("root", "tsa"):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        (folder / f"{name}.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    config = CertomancerConfig.from_yaml(_CONFIG.format(folder=folder), key_search_dir=str(folder))
    architecture = config.get_pki_arch(ArchLabel("time"))
    root = architecture.get_cert(CertLabel("root")).dump()
    animator = Animator(AnimatorArchStore({ArchLabel("time"): architecture}), with_web_ui=False)
    with make_server("127.0.0.1", 0, animator, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/time/tsa/tsa", root
        finally:
            server.shutdown()
            thread.join()

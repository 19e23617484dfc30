"""The smallest page, to see by which scheme it was asked for."""

from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer the scheme."""
    start_response("200 OK", [("Content-Type", "text/html")])
    return [f"<body>over TLS: {environ['wsgi.url_scheme']}</body>".encode()]

"""While the database takes nothing, what is written already can be read (F-11)."""

import logging
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from emr.audit import spool
from emr.ui.errors import read_only

logger = logging.getLogger(__name__)
_SAFE = {"GET", "HEAD"}


class FullVolumeMiddleware:
    """A read whose line couldn't be written is done once more, its line in the file; anything else is told why not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The request's transaction is rolled back by now."""
        if not spool.takes_nothing(exception):
            return None
        spool.set_full()
        logger.critical("The database takes nothing new: its volume is full or it is read-only.")
        match = request.resolver_match
        if request.method not in _SAFE or match is None:
            return read_only(request)
        try:
            with transaction.atomic():
                again: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except Exception as error:
            if not spool.takes_nothing(error) and not isinstance(error, OSError):
                raise
            return read_only(request)
        return again

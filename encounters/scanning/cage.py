"""The cage from outside: start it, watch the clock, take its frames; where it dies over a page, go on with the next."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PAGE_SECONDS = 30
_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from encounters.scanning.caged import main;"
    " sys.exit(main(int(sys.argv[2])))"
)
_LONGEST_HEAD, _LARGEST = 16 * 1024, 64 * 1024 * 1024


class Unreadable(Exception):
    """The whole file can't be taken. `code`: encrypted, unreadable, too_many_pages, too_large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page: JPEG picture and thumbnail, codes as text; or `problem` (unreadable, too_large) and nothing else."""

    number: int
    count: int
    image: bytes = b""
    thumbnail: bytes = b""
    codes: tuple[str, ...] = ()
    is_blank: bool = False
    problem: str = ""


def pages_of(data: bytes, *, first: int = 1, seconds: float = PAGE_SECONDS) -> Iterator[ReadPage]:
    """The pages of a file from `first` on, one after the other, as they are read. Raises Unreadable.

    `seconds`: what a page may take; one that takes longer, or breaks the cage, is unreadable and the next is tried.
    """
    count, number = 0, first
    while count == 0 or number <= count:
        for told, image, thumbnail in _frames(data, number, seconds):
            if "count" in told:
                count = int(told["count"])
            elif "number" not in told:
                raise Unreadable(str(told["problem"]))
            else:
                number = int(told["number"]) + 1
                yield ReadPage(
                    number=number - 1,
                    count=count,
                    image=image,
                    thumbnail=thumbnail,
                    codes=tuple(told.get("codes", ())),
                    is_blank=bool(told.get("blank")),
                    problem=str(told.get("problem", "")),
                )
        if count == 0:
            raise Unreadable("unreadable")
        if number <= count:  # the cage ended over this page
            yield ReadPage(number=number, count=count, problem="unreadable")
            number += 1


def _frames(data: bytes, first: int, seconds: float) -> Iterator[tuple[dict[str, Any], bytes, bytes]]:
    """The frames of one cage, until it ends or is ended."""
    with subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [sys.executable, "-I", "-c", _START, str(_ROOT), str(first)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
    ) as cage:
        assert cage.stdin is not None and cage.stdout is not None  # noqa: S101  pipes were asked for
        threading.Thread(target=_feed, args=(cage.stdin, data), daemon=True).start()
        try:
            while True:
                clock = threading.Timer(seconds, cage.kill)
                clock.start()
                try:
                    frame = _frame(cage.stdout)
                finally:
                    clock.cancel()
                if frame is None:
                    return
                yield frame
        finally:
            cage.kill()


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError):  # it ended before it had read everything
        pipe.write(data)
        pipe.close()


def _frame(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes, bytes] | None:
    length = int.from_bytes(pipe.read(4), "big")
    if not 0 < length <= _LONGEST_HEAD:
        return None
    head = pipe.read(length)
    try:
        told = json.loads(head)
        sizes = int(told["image"]), int(told["thumbnail"])
    except (ValueError, KeyError, TypeError):
        return None
    if any(not 0 <= size <= _LARGEST for size in sizes):
        return None
    image, thumbnail = (pipe.read(size) for size in sizes)
    return (told, image, thumbnail) if (len(image), len(thumbnail)) == sizes else None

"""The whole house as `make run` starts it, on the measured hospital, and somebody who is signed in to it."""

import http.cookiejar
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from emr.local.home import CHECKOUT

WEB, HL7 = 8190, 2790
BASE = f"http://127.0.0.1:{WEB}"


@contextmanager
def running(home: Path) -> Iterator[psutil.Process]:
    """Started, ready to be used, ended. Raises RuntimeError when it doesn't start."""
    environment = os.environ | {"EMR_HOME": str(home), "EMR_PORT": str(WEB), "EMR_MLLP_PORT": str(HL7)}
    for name in ("DATABASE_URL", "EMR_OWNER_DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    stack = subprocess.Popen(
        [sys.executable, "-m", "emr.local"], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _wait(stack)
        yield psutil.Process(stack.pid)
    finally:
        stack.terminate()
        stack.wait(60)


def _wait(stack: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if stack.poll() is not None:
            raise RuntimeError("the stack didn't start")
        try:
            with urllib.request.urlopen(BASE + "/health/ready", timeout=5):  # noqa: S310  our own address
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the stack isn't ready after three minutes")


def sign_in(username: str = "bacsi") -> urllib.request.OpenerDirector:
    """One person's browser. Raises RuntimeError when nobody is signed in."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{BASE}/sign-in/") as answer:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
    assert found is not None  # noqa: S101
    fields = {"csrfmiddlewaretoken": found[1], "username": username, "password": "benhanmo"}
    opener.addheaders.append(("Referer", f"{BASE}/sign-in/"))
    with opener.open(f"{BASE}/sign-in/", urllib.parse.urlencode(fields).encode()) as answer:
        if answer.url.endswith("/sign-in/"):
            raise RuntimeError("nobody was signed in")
    return opener

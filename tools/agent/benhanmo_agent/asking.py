"""The person at this PC is asked by a window of the agent's own: no page and no server ever has the PIN."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Sequence

PIN_SECONDS = 120
_OUR_WINDOW = (sys.executable, "-m", "benhanmo_agent.window")


class Cancelled(Exception):
    """The person doesn't want to, or nobody is there."""


class Screen:
    """What stands on the screen, by the program `prompt` or by our own window."""

    def __init__(self, prompt: Sequence[str] = ()) -> None:
        self._program = tuple(prompt) or _OUR_WINDOW
        self._shown: subprocess.Popen[bytes] | None = None

    def ask_pin(self, text: str) -> str:
        """What was typed. Raises Cancelled."""
        try:
            done = subprocess.run(
                [*self._program, "pin", text], capture_output=True, check=False, timeout=PIN_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            raise Cancelled from None
        if done.returncode != 0:
            raise Cancelled
        typed = done.stdout.decode().rstrip("\r\n")
        if not typed:
            raise Cancelled
        return typed

    def show(self, text: str, seconds: float) -> None:
        """Show the text for so long, without waiting; what was shown before goes."""
        self.hide()
        try:
            shown = subprocess.Popen([*self._program, "code", text], stdout=subprocess.DEVNULL)
        except OSError:
            return
        self._shown = shown

        def end() -> None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                shown.wait(seconds)
            shown.terminate()
            shown.wait()

        threading.Thread(target=end, daemon=True).start()

    def hide(self) -> None:
        """Take away what is shown."""
        if self._shown is not None:
            self._shown.terminate()
            self._shown = None

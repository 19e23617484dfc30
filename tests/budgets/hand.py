"""The hand of a person at a ward PC: everything it does is counted, so that a budget can be pinned."""

from typing import Any

from emr.accounts.models import User

# Two milliseconds between a scanner's keys by the events' own clock, however slow the machine that runs the test is.
SCANNERS_CLOCK = """() => {
  const seen = new WeakMap();
  let at = performance.now();
  Object.defineProperty(Event.prototype, 'timeStamp', {
    configurable: true,
    get() {
      if (!seen.has(this)) seen.set(this, (at += 2));
      return seen.get(this);
    },
  });
}"""
FINGER_MS = 110  # a person on a numeric keypad


class Hand:
    """Counts clicks (or taps), scans, numbers typed and authorisations by PIN."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.clicks = self.scans = self.numbers = self.authorisations = 0

    def click(self, what: Any) -> None:
        """One click or tap."""
        self.clicks += 1
        what.click()

    def scan(self, line: str) -> None:
        """One scan that leads to another page: the line, quicker than anybody types, then Enter."""
        self.scans += 1
        self.page.evaluate(SCANNERS_CLOCK)
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")

    def number(self, digits: str) -> None:
        """One number on the keypad: its digits alone, no Enter, no Tab, no comma."""
        self.numbers += 1
        self.page.keyboard.type(digits, delay=FINGER_MS)
        self.page.wait_for_timeout(FINGER_MS)

    def authorise(self, pin: str) -> None:
        """The PIN into the field that has the focus, and Enter."""
        self.authorisations += 1
        self.page.keyboard.type(pin)
        self.page.keyboard.press("Enter")


def at_home(page: Any, live_server: Any, user: User) -> Hand:
    """The person has signed in and stands on the role's home, its panels loaded."""
    page.goto(live_server.url)
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", "benhanmo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#patient-search")
    page.wait_for_load_state("networkidle")
    return Hand(page)

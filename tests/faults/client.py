"""A browser's side of HTTP, small: cookies, forms, and what came back."""

import http.client
import re
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode


@dataclass
class Answer:
    """Status, headers and text of an answer."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    def hidden(self, name: str) -> str:
        """The value of a field of the page's form."""
        found = re.search(rf'name="{re.escape(name)}"[^>]*? value="([^"]*)"', self.text)
        assert found, f"{self.status}: no field {name}"
        return unescape(found[1])


@dataclass
class Client:
    """One browser with its cookies. Raises ConnectionError or HTTPException when the answer is lost on the way."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """As a form of the page would send it."""
        body = urlencode(fields | {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")})
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"} | headers)

    def sign_in(self, username: str) -> "Client":
        self.get("/sign-in/")
        answer = self.post("/sign-in/", {"username": username, "password": "benhanmo"})
        assert answer.status == 302, answer.text
        return self

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, {"Cookie": cookie, **headers})
            response = connection.getresponse()
            text = response.read().decode()
            for line in response.headers.get_all("Set-Cookie") or ():
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return Answer(response.status, response.headers, text)
        finally:
            connection.close()

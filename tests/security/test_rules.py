"""Rules that the sources keep, so that a whole class of faults can't come in by one line."""

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from kombu import Connection, Consumer, Exchange, Queue
from kombu.exceptions import ContentDisallowed

from emr.celery import app
from emr.local import floors
from emr.local.home import CHECKOUT

pytestmark = pytest.mark.xdist_group("sources")  # read once
HOUSES = ("emr", "patients", "encounters", "signatures", "integrations")
# Who may open a connection outwards, and to what: an address that the administrator set, never one that came in.
OUTWARDS = {
    "emr/watching/clocks.py": "EMR_NTP_SERVER",
    "emr/watching/pulses.py": "this machine's name alone",
    "emr/storage/stores.py": "EMR_S3_ENDPOINT",
    "emr/local/programs.py": "our own ports",
    "emr/local/broker.py": "our own socket",
    "emr/local/postgres.py": "our own socket",
    "signatures/signing/timestamp.py": "EMR_TSA_URL",
    "signatures/verification/answers.py": "what certificates of trusted authorities name",
    "signatures/providers/wire.py": "EMR_KEY_SERVICES",
    "encounters/consents/statements.py": "EMR_CONFIRMATION_SERVICES",
    "encounters/consents/simulator.py": "listens",
    "emr/notices/channels/gateway.py": "EMR_SMS_URL, EMR_CHAT_URL",
    "emr/notices/channels/mail.py": "EMR_SMTP_HOST",
    "emr/signin/provider.py": "EMR_OIDC_ISSUER",
    "integrations/his/simulator.py": "our own listener",
    "integrations/monitors/simulator.py": "our own listener",
    "integrations/transport/client.py": "an outgoing channel's address and path",
    "integrations/transport/databases.py": "a polled database's address",
    "integrations/transport/wires.py": "a polled database's address",
    "integrations/transport/untried_databases.py": "a polled database's address",
    "integrations/transport/listener.py": "listens",
    "emr/tls/services.py": "nothing",
}
NETWORK = {
    "socket",
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "smtplib",
    "boto3",
}
# Text that is HTML already: rendered by our own templates with escaping on, or drawn by a library that escapes.
RENDERED = {
    "encounters/forms/paper.py",
    "encounters/documents/services/printing.py",
    "encounters/documents/rendering.py",
    "encounters/documents/signers.py",
    "encounters/results/templatetags/results.py",  # cells of a table of thousands; each value escaped there
    "encounters/visits/labels.py",
    "encounters/bedside/templatetags/bedside.py",  # the rows of a ward; each value escaped there
}
# Views that hand out bytes of ours (prints, signed PDFs, extracts); a stranger's go through emr/storage/strangers.py.
OUR_BYTES = {
    "encounters/boards/views/prints.py",
    "encounters/bundles/views/extracts.py",
    "encounters/bundles/views/files.py",
    "encounters/consents/views/confirming.py",
    "encounters/documents/views/documents.py",
    "encounters/documents/views/prints.py",
    "encounters/results/views/prints.py",
    "encounters/scanning/views/papers.py",
    "signatures/sealing/views.py",
}
UNSAFE = {"pickle", "shelve", "marshal", "dill", "jsonpickle"}
XML = re.compile(r"^(xml\.|lxml)")


@cache
def sources() -> list[tuple[str, ast.Module]]:
    """Every file of the houses, read once for all rules."""
    return [
        (str(path.relative_to(CHECKOUT)), ast.parse(path.read_text(encoding="utf-8")))
        for house in HOUSES
        for path in sorted((CHECKOUT / house).rglob("*.py"))
    ]


@cache
def nodes(tree: ast.Module) -> list[ast.AST]:
    return list(ast.walk(tree))


@cache
def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def calls(tree: ast.Module) -> list[tuple[str, ast.Call]]:
    return [(_dotted(node.func), node) for node in nodes(tree) if isinstance(node, ast.Call)]


def _dotted(called: ast.expr) -> str:
    """What is called, by its names: "os.system", "….filter" of what another call answered."""
    if isinstance(called, ast.Attribute):
        return f"{_dotted(called.value)}.{called.attr}"
    return called.id if isinstance(called, ast.Name) else "…"


def test_only_named_modules_speak_to_the_outside() -> None:
    """S-40: each to an address of the administrator's; a new one is reviewed here."""
    speaking = {name for name, tree in sources() if imported(tree) & NETWORK}
    assert speaking <= set(OUTWARDS), speaking - set(OUTWARDS)


def test_a_strangers_file_is_handed_over_in_one_place() -> None:
    """S-34: a view that reads stored bytes by itself hands out what we made, or belongs on the reviewed list."""
    reading = {
        name
        for name, tree in sources()
        if "views" in name
        and any(isinstance(node, ast.Name) and node.id == "read_bytes" for node in nodes(tree))
    }
    assert reading == OUR_BYTES


def test_nothing_is_unpickled() -> None:
    """S-42."""
    assert [name for name, tree in sources() if imported(tree) & UNSAFE] == []


class Canary:
    """What runs when somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (str(self.path),)  # type: ignore[return-value]


def test_a_pickled_message_is_refused_and_never_opened(redis_url: str, tmp_path: Path) -> None:
    """S-42: by what a worker accepts."""
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == "json"
    from kombu.serialization import enable_insecure_serializers  # noqa: PLC0415

    enable_insecure_serializers(["pickle"])  # the attacker's own process may
    queue, faults = Queue("tried", Exchange("tried"), routing_key="tried"), []
    with Connection(redis_url) as connection:
        producer = connection.Producer(serializer="pickle")
        producer.publish(
            Canary(tmp_path / "ran"), exchange=queue.exchange, routing_key="tried", declare=[queue]
        )
        with Consumer(connection, [queue], accept=list(app.conf.accept_content)) as consumer:
            consumer.register_callback(lambda body, _message: faults.append(body))
            with pytest.raises(ContentDisallowed):
                connection.drain_events(timeout=10)
    assert faults == []
    assert not (tmp_path / "ran").exists()


def test_xml_is_parsed_in_one_place_that_was_reviewed() -> None:
    """S-41: who brings a parser brings one without DTD, entities, XInclude and network, and names it here."""
    parsing = {name for name, tree in sources() if any(XML.match(module) for module in imported(tree))}
    # expat's events, a document type refused at its first letter: tests/integrations/loading/test_insurance.py.
    assert parsing == {"integrations/loading/insurance.py"}


def test_requests_never_choose_the_query() -> None:
    """S-25: no `**request.GET` and no `order_by(request…)`; RawSQL and extra() stay out."""
    found = []
    for name, tree in sources():
        for called, node in calls(tree):
            method = called.rsplit(".", maxsplit=1)[-1]
            spread = [ast.unparse(word.value) for word in node.keywords if word.arg is None]
            if any(re.search(r"request\.(GET|POST|data)", text) for text in spread):
                found.append(f"{name}:{node.lineno} **request")
            words = [*node.args, *(word.value for word in node.keywords)]
            if method in {"order_by", "values", "only", "annotate"} and any(
                "request." in ast.unparse(word) for word in words
            ):
                found.append(f"{name}:{node.lineno} {method}(request)")
            if method in {"RawSQL", "extra"}:
                found.append(f"{name} {method}")
    # Constants: who is in care, the rows of one person, what a row of a list shows; their values are parameters.
    written_out = {"patients/registry/access.py RawSQL": 2, "patients/registry/selectors.py RawSQL": 5}
    assert Counter(found) == written_out


def test_no_shell_is_started() -> None:
    """S-32."""
    found = []
    for name, tree in sources():
        for called, node in calls(tree):
            shells = any(word.arg == "shell" and ast.unparse(word.value) == "True" for word in node.keywords)
            if shells or called in {"os.system", "os.popen", "eval", "exec", "subprocess.getoutput"}:
                found.append(f"{name}:{node.lineno} {called}")
    assert found == []


def test_no_template_comes_from_the_database() -> None:
    """S-27: there are no editable templates; who brings some brings a language without code."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for called, node in calls(tree)
        if called in {"Template", "engines.from_string", "Environment"} or called.endswith(".from_string")
    ]
    assert found == []


def test_nothing_is_called_safe_that_isnt_ours() -> None:
    """S-26: text is escaped by the templates; `mark_safe` and `|safe` are few and reviewed."""
    marked = {name for name, tree in sources() if any(called == "mark_safe" for called, _node in calls(tree))}
    assert marked <= RENDERED, marked
    unescaped = [
        f"{path.relative_to(CHECKOUT)}: {found}"
        for path in sorted((CHECKOUT / "templates").rglob("*.html"))
        for found in re.findall(r"\{\{[^}]*\|safe[^}]*\}\}|\{% autoescape off %\}", path.read_text("utf-8"))
    ]
    assert unescaped == []
    scripts = [
        f"{path.name}: {found}"
        for path in sorted((CHECKOUT / "static" / "js").glob("*.js"))
        for found in re.findall(
            r"insertAdjacentHTML|document\.write|\beval\(|new Function\(", path.read_text("utf-8")
        )
    ]
    assert scripts == []


def test_spreadsheets_are_written_in_one_place() -> None:
    """S-28: the one that prefixes or types what would be a formula."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for called, node in calls(tree)
        if called in {"csv.writer", "csv.DictWriter", "openpyxl.Workbook", "Workbook"}
    ]
    assert {one.split(":")[0] for one in found} == {"emr/common/sheets.py"}


def test_no_page_fetches_from_elsewhere() -> None:
    """S-60: no script, style or picture of somebody else's server."""
    found = []
    for folder, pattern in (("templates", "*.html"), ("static/js", "*.js"), ("static/css", "*.css")):
        for path in sorted((CHECKOUT / folder).rglob(pattern)):
            for address in re.findall(
                r"""(?:src=|href=|url\(|from |import )["']?(https?://[^"')\s]+)""", path.read_text("utf-8")
            ):
                found.append(f"{path.relative_to(CHECKOUT)}: {address}")
    assert found == []


def test_every_package_is_pinned_by_its_hash() -> None:
    """S-60."""
    lock = (CHECKOUT / "uv.lock").read_text(encoding="utf-8")
    assert lock.count('hash = "sha256:') > 300
    files = re.findall(r"^\s+\{ url = .*$|^sdist = .*$", lock, flags=re.MULTILINE)
    assert [line[:90] for line in files if "sha256:" not in line] == []
    packages = json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in packages.items() if name and not entry.get("integrity")] == []


def test_installed_versions_are_above_their_floors() -> None:
    """S-60: production refuses to start below them."""
    assert floors.old_packages() == ()
    packages = json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not floors.is_below(packages["node_modules/pdfjs-dist"]["version"], floors.PDFJS)


def test_the_pdf_view_runs_without_eval() -> None:
    """S-38."""
    text = (CHECKOUT / "static" / "js" / "pdf-view.js").read_text(encoding="utf-8")
    assert "isEvalSupported: false" in text
    assert "enableXfa: false" in text

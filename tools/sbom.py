"""`make sbom`: everything that is installed, as CycloneDX 1.6, from the two lock files.

The locks name versions and hashes, so the bill is the same on every machine and needs no scanner.
"""

import base64
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write the bill to the file named, else to var/sbom.json."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "sbom.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = written()
    path.write_text(text, encoding="utf-8")
    print(f"{path}: {len(json.loads(text)['components'])} components")


def written() -> str:
    """The bill as JSON."""
    product = _project()
    bom = Bom()
    root = Component(
        name=product["name"], version=product["version"], type=ComponentType.APPLICATION, bom_ref="product"
    )
    bom.metadata.component = root
    bom.components.update([*_python(), *_browser()])
    bom.register_dependency(root, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _project() -> dict[str, str]:
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _python() -> Iterator[Component]:
    """Packages of uv.lock; those that only the tests need are marked excluded."""
    packages = {
        package["name"]: package
        for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    }
    needed = _reached(packages, _project()["name"])
    for name, package in packages.items():
        if name == _project()["name"]:
            continue
        files = [package["sdist"]] if "sdist" in package else package.get("wheels", [])[:1]
        yield Component(
            name=name,
            version=package["version"],
            type=ComponentType.LIBRARY,
            bom_ref=f"pypi:{name}@{package['version']}",
            purl=PackageURL("pypi", None, name, package["version"]),
            scope=ComponentScope.REQUIRED if name in needed else ComponentScope.EXCLUDED,
            hashes=[
                HashType(alg=HashAlgorithm.SHA_256, content=file["hash"].removeprefix("sha256:"))
                for file in files
            ],
        )


def _reached(packages: dict[str, dict], start: str) -> set[str]:  # type: ignore[type-arg]
    """What the product itself needs, its extras included; not what only developers do."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in packages:
            continue
        reached.add(name)
        package = packages[name]
        lists = [package.get("dependencies", []), *package.get("optional-dependencies", {}).values()]
        waiting += [entry["name"] for entries in lists for entry in entries]
    return reached


def _browser() -> Iterator[Component]:
    """Packages of package-lock.json."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for place, entry in packages.items():
        if not place:
            continue
        name = place.rsplit("node_modules/", maxsplit=1)[-1]
        scope, _slash, plain = name.rpartition("/")
        kind, _dash, digest = entry["integrity"].partition("-")
        yield Component(
            name=name,
            version=entry["version"],
            type=ComponentType.LIBRARY,
            bom_ref=f"npm:{place}@{entry['version']}",
            purl=PackageURL("npm", scope or None, plain, entry["version"]),
            scope=ComponentScope.EXCLUDED if entry.get("dev") else ComponentScope.REQUIRED,
            hashes=[
                HashType(
                    alg={
                        "sha512": HashAlgorithm.SHA_512,
                        "sha256": HashAlgorithm.SHA_256,
                        "sha1": HashAlgorithm.SHA_1,
                    }[kind],
                    content=base64.b64decode(digest.split()[0]).hex(),
                )
            ],
        )


if __name__ == "__main__":
    main()

"""The software bill of materials: CycloneDX 1.6 of all that the package bundles."""

import hashlib
import importlib.metadata
import json
import re
import uuid
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.inference import pack
from provisioning.package import licences

SPEC = "1.6"
Component = dict[str, Any]


def made(root: Path, site: Path, *, version: str, epoch: int, models: Path | None = None) -> dict[str, Any]:
    """`site`: the packages as they are bundled. The same from the same."""
    components = [*_python(site), *_npm(root), *_models(models), *_fonts()]
    known = {one["bom-ref"] for one in components}
    assert len(known) == len(components), "two components have one name"
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'appliance {version} {epoch}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).isoformat(),
            "component": {
                "type": "application", "bom-ref": "appliance", "name": "appliance", "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "description": "our own part; with all that is bundled it is passed on under GPL-3.0-or-later",
            },
        },
        "components": components,
        "dependencies": [{"ref": "appliance", "dependsOn": sorted(known)}],
    }  # fmt: skip


def findings(components: list[Component]) -> list[licences.Finding]:
    """Every component, and what is inside it, against the table."""
    found = []
    for one in components:
        if finding := licences.judged(one["bom-ref"], licence_of(one)):
            found.append(finding)
        found += findings(one.get("components", []))
    return found


def licence_of(component: Component) -> str:
    """As written in it."""
    for said in component.get("licenses", []):
        return str(said.get("expression") or said["license"].get("id") or said["license"].get("name"))
    return ""


def _python(site: Path) -> list[Component]:
    wheels = site.with_name(f"{site.name}.wheels.json")
    hashes = json.loads(wheels.read_text("utf-8")) if wheels.is_file() else {}
    found = []
    for distribution in sorted(importlib.metadata.distributions(path=[str(site)]), key=lambda it: it.name.lower()):
        name = re.sub(r"[-_.]+", "-", distribution.name).lower()
        ref = f"pkg:pypi/{name}@{distribution.version}"
        one = _component("library", ref, name, distribution.version, licences.of_python(name, distribution.metadata))
        if name in hashes:
            one["hashes"] = [{"alg": "SHA-256", "content": hashes[name]}]
        inside = [*_libraries(site, name), *_listed(site, distribution, ref), *_compiled(name, ref)]
        found.append(one | ({"components": inside} if inside else {}))
    return found


def _libraries(site: Path, name: str) -> list[Component]:
    """Shared libraries that the wheel brings for itself."""
    folder = name.replace("-", "_")
    found = []
    for place in (f"{folder}.libs", f"{folder}/libs"):
        for file in sorted((site / place).glob("*.so*")):
            one = _component("library", f"file:{place}/{file.name}", file.name, "", licences.of_library(file.name))
            with open(file, "rb") as data:
                one["hashes"] = [{"alg": "SHA-256", "content": hashlib.file_digest(data, "sha256").hexdigest()}]
            found.append(one)
    return found


def _listed(site: Path, distribution: importlib.metadata.Distribution, ref: str) -> list[Component]:
    """What the wheel's own bill of materials says is compiled into it; files of its system are in `_libraries`."""
    found: dict[str, Component] = {}
    name, version = distribution.name, distribution.version
    for file in sorted(site.glob(f"{name.replace('-', '_')}-{version}.dist-info/sboms/*.json")):
        for said in json.loads(file.read_text("utf-8")).get("components", []):
            purl = str(said.get("purl", "")).split("?", 1)[0]
            if purl.startswith(("pkg:rpm/", "pkg:pypi/")) or f"{name}/{said['name']}" in licences.table()["not_there"]:
                continue
            licence = licence_of(said) or licences.table()["inside"].get(said["name"], "")
            licence = "Unicode-3.0" if licence == "Unknown" else licence  # ICU4X: the text is Unicode's
            inner = f"{ref}#{said['name']}@{said.get('version', '')}"
            found[inner] = _component("library", inner, said["name"], said.get("version", ""), licence, purl=purl)
    return list(found.values())


def _compiled(name: str, ref: str) -> list[Component]:
    """What no list says, but the package's own documentation."""
    said = licences.table()["compiled"]
    parts = [(key.partition("/")[2], licence) for key, licence in said.items() if key.startswith(f"{name}/")]
    return [_component("library", f"{ref}#{part}", part, "", licence, purl="") for part, licence in parts]


def _npm(root: Path) -> list[Component]:
    """What Vite bundles: the front end's dependencies, and theirs."""
    lock = json.loads((root / "appliance/web/frontend/package-lock.json").read_text("utf-8"))
    found = []
    for place, said in sorted(lock["packages"].items()):
        if not place or said.get("dev") or said.get("optional"):
            continue
        name = place.rpartition("node_modules/")[2]
        licence = said.get("license") or licences.table()["npm"].get(name, "")
        ref = f"pkg:npm/{name.replace('@', '%40')}@{said['version']}"
        one = _component("library", ref, name, said["version"], licence)
        algorithm, _, digest = said["integrity"].partition("-")
        one["hashes"] = [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": b64decode(digest).hex()}]
        found.append(one)
    return found


def _models(folder: Path | None) -> list[Component]:
    """The pack: each file by the hash of what was fetched, and of what it became."""
    found = []
    for asset in pack.assets().values():
        kind = "machine-learning-model" if asset.is_model or asset.becomes.endswith(".npz") else "data"
        licence = re.split(r" \(|,", asset.licence)[0].replace("public domain", "LicenseRef-Public-Domain")
        one = _component(kind, f"model:{asset.name}", asset.name, asset.sha256[:12], licence, purl="")
        one["description"] = f"{asset.title}; {asset.use}; {asset.licence}"
        one["hashes"] = [{"alg": "SHA-256", "content": asset.sha256}]
        for file in asset.files if folder and not asset.is_ours else ():
            with open(folder / file, "rb") as data:
                said = hashlib.file_digest(data, "sha256").hexdigest()
            one.setdefault("properties", []).append({"name": f"appliance:file:{file}:sha256", "value": said})
        found.append(one)
    return found


def _fonts() -> list[Component]:
    return [
        _component("data", f"font:{name}", name, "", licence, purl="") | {"description": "in typst's own file"}
        for name, licence in licences.table()["fonts"].items()
    ]


def _component(kind: str, ref: str, name: str, version: str, licence: str, *, purl: str | None = None) -> Component:
    one: Component = {"type": kind, "bom-ref": ref, "name": name}
    if version:
        one["version"] = version
    if licence:
        one["licenses"] = [{"expression": licence.replace("/", " OR ")}]
    purl = ref if purl is None and ref.startswith("pkg:") else purl
    return one | ({"purl": purl} if purl else {})

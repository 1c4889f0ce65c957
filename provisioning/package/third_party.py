"""The table of THIRD_PARTY.md: what is bundled, by licence."""

from collections import defaultdict
from pathlib import Path

from provisioning.package import licences, sbom

BEGIN, END = "<!-- provisioning/package/licences --write -->", "<!-- until here -->"


def table(components: list[sbom.Component]) -> str:
    """Pure; the parts inside compiled wheels are counted, the bill of materials names them."""
    by: dict[str, list[str]] = defaultdict(list)
    inside: dict[str, int] = defaultdict(int)
    for one in components:
        if one["type"] == "library":
            by[sbom.licence_of(one)].append(f"{one['name']} {one.get('version', '')}".strip())
        for part in one.get("components", []):
            if part["bom-ref"].startswith("file:"):
                name = part["name"].split(".so")[0].rsplit("-", 1)[0] or part["name"]
                by[sbom.licence_of(part)].append(f"{name} (in {one['name']})")
            else:
                inside[sbom.licence_of(part)] += 1
    lines = [BEGIN, "", "| licence | what | parts compiled into them |", "| --- | --- | --- |"]
    for licence in sorted({*by, *inside}):
        names = ", ".join(sorted(set(by[licence]), key=str.lower))
        mark = " (copyleft)" if licences.is_copyleft(licence) else ""
        lines.append(f"| {licence}{mark} | {names} | {inside[licence] or ''} |")
    return "\n".join([*lines, "", END])


def write(file: Path, components: list[sbom.Component]) -> None:
    """Between its two marks; at the end where they are not there yet."""
    said = file.read_text("utf-8")
    if BEGIN in said:
        before, _, rest = said.partition(BEGIN)
        said = before + table(components) + rest.partition(END)[2]
    else:
        said = f"{said.rstrip()}\n\n{table(components)}\n"
    file.write_text(said, "utf-8")

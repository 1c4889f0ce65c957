"""`provisioning/package/licences`: may everything that the package bundles be there? What is new, or unknown, fails."""

import argparse
import sys
from pathlib import Path

from appliance import __version__
from provisioning.package import licences, prefix, sbom, third_party

ROOT = Path(__file__).parents[2]


def main() -> int:
    """-> 1 when something may not."""
    parser = argparse.ArgumentParser(prog="licences", description="Check the licences of all that is bundled.")
    parser.add_argument("--write", action="store_true", help="write the table of THIRD_PARTY.md anew")
    options = parser.parse_args()
    site = prefix.site_packages(ROOT, ROOT / "build" / "package")
    components = sbom.made(ROOT, site, version=__version__, epoch=0)["components"]
    found = sbom.findings(components)
    for finding in found:
        print(f"{finding.component}: {finding.why}", file=sys.stderr)
    if options.write and not found:
        third_party.write(ROOT / "THIRD_PARTY.md", components)
    counted = sum(1 + len(one.get("components", [])) for one in components)
    copyleft = sum(licences.is_copyleft(sbom.licence_of(it)) for one in components for it in _with(one))
    print(f"{counted} components, {copyleft} of them copyleft (each with a reason), {len(found)} not allowed.")
    return 1 if found else 0


def _with(component: sbom.Component) -> list[sbom.Component]:
    return [component, *component.get("components", [])]


if __name__ == "__main__":
    sys.exit(main())

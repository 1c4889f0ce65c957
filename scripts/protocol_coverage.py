"""docs/coverage.md: what the reference protocols ask for, and the tests that carry its number in their names."""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
_NUMBERED = re.compile(r"test_((?:[IM]\d+_)+)")
_SAID = re.compile(r'\bit\("((?:[IM]\d+(?:, )?)+): ([^"]+)"')
_PAGES = "appliance/web/frontend/tests"


def tests() -> dict[str, list[str]]:
    """Item -> names of the tests that prove it, with their files."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (match := _NUMBERED.match(node.name)):
                for item in match[1].strip("_").split("_"):
                    found[item].append(f"`{file.relative_to(ROOT / 'tests')}` {node.name}")
    for file in sorted((ROOT / _PAGES).glob("*.test.ts")):
        for items, name in _SAID.findall(file.read_text(encoding="utf-8")):
            for item in items.split(", "):
                found[item].append(f"`frontend/tests/{file.name}` {name}")
    return found


def page(note: str) -> str:
    """The page; KeyError for a note or a test of an item that does not exist."""
    said, proofs = _said(), tests()
    items, notes, texts = said["item"], said["note"], said["page"]
    if strangers := (set(notes) | set(proofs)) - set(items):
        raise KeyError(f"no such item: {', '.join(sorted(strangers))}")
    rows = [_row(item, text, "<br>".join(proofs.get(item, [])), notes.get(item, "")) for item, text in items.items()]
    counted = f"{len(items)} items: {len(proofs)} have a test of their number, {len(notes)} have a note."
    table = "\n".join([_row("item", "what", "proven by", "note"), _row("---", "---", "---", "---"), *rows])
    return "\n\n".join(["# Coverage", note, texts["introduction"].strip(), counted, table, texts["standard"]])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _said() -> dict[str, dict[str, str]]:
    return tomllib.loads((ROOT / "docs/coverage.toml").read_text(encoding="utf-8"))


def unproven() -> list[str]:
    """Items with neither a test nor a note."""
    said, proofs = _said(), tests()
    return [item for item in said["item"] if item not in proofs and item not in said["note"]]


if __name__ == "__main__":
    print(*unproven())

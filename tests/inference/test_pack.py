"""The model pack: taken out of wheels, checked by hash, kept."""

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import ApplianceError, IntegrityError, NotFound, Unavailable
from appliance.inference import pack

REPOSITORY = Path(__file__).parents[2]
BYTES = {"left": b"left picture", "right": b"right picture"}


def _asset(name: str, package: str) -> pack.Asset:
    return pack.Asset(
        name=name,
        title=f"Picture {name}",
        package=package,
        wheel="py3-none-any",
        path=f"inside/{name}.png",
        sha256=hashlib.sha256(BYTES[name]).hexdigest(),
        licence="public domain",
        use="a test",
        becomes=f"pictures/{name}.png",
    )


def _wheel(folder: Path, package: str, files: dict[str, bytes]) -> Path:
    name, _, version = package.partition("==")
    folder.mkdir(exist_ok=True)
    file = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return file


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> dict[str, pack.Asset]:
    found = {"left": _asset("left", "one-package==1.0"), "right": _asset("right", "two==2.1")}
    monkeypatch.setattr(pack, "assets", lambda: found)
    return found


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    _wheel(tmp_path / "wheels", "one-package==1.0", {"inside/left.png": BYTES["left"], "inside/other": b"no"})
    _wheel(tmp_path / "wheels", "two==2.1", {"inside/right.png": BYTES["right"]})
    return tmp_path / "wheels"


def _refused(call: Callable[[], None], kind: type[ApplianceError], *words: str) -> ApplianceError:
    with pytest.raises(kind) as caught:
        call()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.hint
    return caught.value


def test_takes_only_the_named_files(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    folder = tmp_path / "models"
    pack.prepare(folder, source=wheels, say=lambda _: None)
    kept = sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())
    assert kept == ["pack.json", "pictures/left.png", "pictures/right.png"]
    assert pack.locate(folder, "left").read_bytes() == BYTES["left"]


def test_a_second_run_fetches_nothing(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    folder, said = tmp_path / "models", []
    pack.prepare(folder, source=wheels, say=said.append)
    said.clear()
    pack.prepare(folder, source=tmp_path / "nowhere", say=said.append)
    assert len(said) == 1
    assert "complete" in said[0]


def test_a_damaged_file_is_named_and_repaired(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    folder = tmp_path / "models"
    pack.prepare(folder, source=wheels, say=lambda _: None)
    (folder / "pictures/right.png").write_bytes(b"right picturE")
    _refused(lambda: pack.locate(folder, "right"), IntegrityError, "pictures/right.png", "damaged")
    pack.prepare(folder, source=wheels, say=lambda _: None)
    assert pack.locate(folder, "right").read_bytes() == BYTES["right"]
    (folder / "pictures/right.png").unlink()
    _refused(lambda: pack.locate(folder, "right"), NotFound, "pictures/right.png", "missing")


def test_a_cut_off_stamp_means_make_it_again(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    folder = tmp_path / "models"
    pack.prepare(folder, source=wheels, say=lambda _: None)
    stamp = folder / "pack.json"
    stamp.write_text(stamp.read_text()[:20])
    _refused(lambda: pack.locate(folder, "left"), NotFound, "not in the model pack")
    pack.prepare(folder, source=wheels, say=lambda _: None)
    assert pack.locate(folder, "left").is_file()


def test_another_version_in_the_list_is_fetched(
    tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    pack.prepare(folder, source=wheels, say=lambda _: None)
    newer = replace(listed["left"], sha256=hashlib.sha256(b"new").hexdigest(), package="one-package==1.1")
    _wheel(wheels, newer.package, {newer.path: b"new"})
    monkeypatch.setattr(pack, "assets", lambda: {**listed, "left": newer})
    pack.prepare(folder, source=wheels, say=lambda _: None)
    assert pack.locate(folder, "left").read_bytes() == b"new"


def test_a_wrong_hash_is_refused(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    _wheel(wheels, "two==2.1", {"inside/right.png": b"something else"})
    folder = tmp_path / "models"
    _refused(
        lambda: pack.prepare(folder, source=wheels, say=lambda _: None), IntegrityError, "inside/right.png", "SHA-256"
    )
    assert not (folder / "pictures/right.png").exists()
    assert pack.locate(folder, "left").is_file()  # what was good stays, the next run goes on from there


def test_a_wheel_without_the_file(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    _wheel(wheels, "two==2.1", {"inside/wrong.png": b"x"})
    _refused(
        lambda: pack.prepare(tmp_path / "m", source=wheels, say=lambda _: None), NotFound, "holds no inside/right.png"
    )


def test_a_broken_wheel(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    next(wheels.glob("two-*")).write_bytes(b"not a zip")
    _refused(lambda: pack.prepare(tmp_path / "m", source=wheels, say=lambda _: None), IntegrityError, "two-2.1")


def test_a_missing_wheel_says_how_to_get_it(tmp_path: Path, listed: dict[str, pack.Asset], wheels: Path) -> None:
    next(wheels.glob("one_*")).unlink()
    error = _refused(
        lambda: pack.prepare(tmp_path / "m", source=wheels, say=lambda _: None), NotFound, "one_package-1.0"
    )
    assert "pip download --no-deps --only-binary=:all: one-package==1.0" in error.hint


def test_no_network_points_to_from(
    tmp_path: Path, listed: dict[str, pack.Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    error = _refused(lambda: pack.prepare(tmp_path / "m", source=None, say=lambda _: None), Unavailable, "one-package")
    assert "--from DIR" in error.hint


def test_every_file_of_the_list_is_in_third_party() -> None:
    text = (REPOSITORY / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for asset in pack.assets().values():
        assert f"`{asset.becomes}`" in text
        assert asset.is_ours or f"`{asset.package}`" in text
        assert len(asset.sha256) == 64
        assert asset.licence


def test_what_is_ours_lies_in_the_repository_and_needs_no_registry(tmp_path: Path) -> None:
    ours = [asset for asset in pack.assets().values() if asset.is_ours]
    assert ours
    for asset in ours:
        assert pack.locate(tmp_path, asset.name).is_relative_to(REPOSITORY)


def test_own_weights_that_are_not_those_of_the_list_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(pack.assets()["phones"], sha256="0" * 64)
    monkeypatch.setattr(pack, "assets", lambda: {"phones": other})
    _refused(lambda: pack.locate(tmp_path, "phones"), IntegrityError, "phones.npz", "Phone head")

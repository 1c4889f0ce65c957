import stat

import pytest

from appliance.bundle.keys import BoxKey, PublicKey
from appliance.errors import IntegrityError


def test_a_key_is_made_once_and_kept_from_others(tmp_path):
    first = BoxKey.from_folder(tmp_path)
    again = BoxKey.from_folder(tmp_path)
    assert first.public.pem == again.public.pem
    assert stat.S_IMODE((tmp_path / "box.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["box.key", "box.pub"]


def test_what_it_signs_is_verified_by_its_public_half_alone(tmp_path):
    key = BoxKey.from_folder(tmp_path)
    public = PublicKey.from_pem((tmp_path / "box.pub").read_bytes())
    assert public.fingerprint == key.public.fingerprint
    assert public.verifies(key.sign(b"evidence"), b"evidence")
    assert not public.verifies(key.sign(b"evidence"), b"Evidence")
    assert not public.verifies(b"", b"evidence")


def test_a_lost_public_half_is_written_again(tmp_path):
    pem = BoxKey.from_folder(tmp_path).public.pem
    (tmp_path / "box.pub").write_bytes(b"nonsense")
    BoxKey.from_folder(tmp_path)
    assert (tmp_path / "box.pub").read_bytes() == pem


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_that_is_none_is_not_replaced(tmp_path, content):
    (tmp_path / "box.key").write_bytes(content)
    with pytest.raises(IntegrityError) as refused:
        BoxKey.from_folder(tmp_path)
    assert "box.key" in str(refused.value)
    assert "backup" in refused.value.hint
    assert (tmp_path / "box.key").read_bytes() == content


def test_a_public_key_is_only_the_bytes_that_a_box_writes(tmp_path):
    pem = BoxKey.from_folder(tmp_path).public.pem
    for other in (b"\n" + pem, pem.replace(b"\n", b"\r\n"), pem + b" ", pem[:-1]):
        with pytest.raises(IntegrityError):
            PublicKey.from_pem(other)

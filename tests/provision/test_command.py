"""`appliance provision ...`, as somebody types it."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import argon2
import pytest

from appliance import cli
from appliance.errors import BadInput
from appliance.ledger.actions import users
from appliance.provision import command, encryption, self_test, setup, setup_code, written
from appliance.provision.command import TEMPLATE
from appliance.provision.machine import Machine
from appliance.provision.seed import Seed
from tests.provision.machines import Notes, machine
from tests.test_house import ROOT


@pytest.fixture(autouse=True)
def quick_self_test(monkeypatch):
    monkeypatch.setattr(self_test, "_PIECES", 1)
    monkeypatch.setattr(self_test, "_FLUSHES", 1)
    monkeypatch.setattr(command, "start_logging", lambda _: None)  # its stream would outlive the test


def provision(paths, *words):
    return cli.main(["--data", str(paths.data), "provision", *map(str, words)])


def test_check_says_all_that_is_wrong_with_its_lines_and_exit_code_2(paths, tmp_path, capsys):
    file = tmp_path / "provision.toml"
    file.write_text('[lab]\nbx = "a"\n[network]\naddress = "10.4.7.20"\n')
    assert provision(paths, "check", file) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"appliance: 2 things are not right in {file}"
    assert said[1] == "  line 2: there is no key 'bx'; did you mean box?"
    assert said[2].startswith("  line 4: '10.4.7.20' is no address with its prefix")
    file.write_text('[lab]\nname = "Physics"\n')
    assert provision(paths, "check", file) == 0
    assert "is right: Physics" in capsys.readouterr().out
    assert provision(paths, "check", tmp_path / "none.toml") == 2


def test_a_secret_in_a_file_that_others_may_read_is_told(paths, tmp_path, capsys):
    file = tmp_path / "provision.toml"
    file.write_text('[upstream]\nurl = "s3://x"\naccess_key = "K"\nsecret_key = "S3CR3T"\n')
    file.chmod(0o644)
    assert provision(paths, "check", file) == 2
    said = capsys.readouterr()
    assert "chmod 600" in said.err
    assert "S3CR3T" not in said.err + said.out
    file.chmod(0o600)
    assert provision(paths, "check", file) == 0


def test_the_template_is_right_and_names_every_key(paths, tmp_path, capsys):
    assert provision(paths, "template") == 0
    text = capsys.readouterr().out
    assert written.parse(text) == Seed()
    uncommented = text.replace("# [[admin]]", "[[admin]]").replace("\n# user", "\nuser").replace("\n# name", "\nname")
    uncommented = uncommented.replace("\n# role", "\nrole").replace("\n# password", "\npassword")
    uncommented = uncommented.replace("# [settings.capture]\n# seats", "[settings.capture]\nseats")
    uncommented = re.sub(
        r"^# (\[settings\.panel]|(?:lights|buttons|display|sounds) = )", r"\1", uncommented, flags=re.M
    )
    said = tomllib.loads(uncommented)
    assert written.parse(text.replace("# [settings", "[settings")) == Seed(settings={"capture": {}, "panel": {}})
    assert said["settings"]["panel"] == {"lights": "gpio", "buttons": "gpio", "display": "oled", "sounds": True}
    for section, keys in written.keys().items():
        table = said[section][0] if section == "admin" else said[section]
        assert section == "settings" or set(table) == set(keys), section


def test_the_template_comes_with_what_cloud_init_wants_and_writes_over_nothing(paths, tmp_path, capsys):
    assert provision(paths, "template", "--out", tmp_path / "stick") == 0
    assert {file.name for file in (tmp_path / "stick").iterdir()} == set(TEMPLATE)
    assert provision(paths, "template", "--out", tmp_path / "stick") == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.slow
def test_cloud_init_takes_the_user_data():
    if not shutil.which("cloud-init"):
        pytest.skip("cloud-init is not installed")
    file = ROOT / "appliance/provision/template/user-data"
    done = subprocess.run(["cloud-init", "schema", "--config-file", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hash_makes_what_the_file_wants(paths, capsys, monkeypatch):
    monkeypatch.setattr(users, "_hasher", users._sized())  # other tests have it cheap
    monkeypatch.setattr(sys, "stdin", io.StringIO("three blue whales\n"))
    assert provision(paths, "hash") == 0
    said = capsys.readouterr().out.strip()
    assert argon2.PasswordHasher().verify(said, "three blue whales")
    written.parse(f'[[admin]]\nuser = "ada"\npassword_hash = "{said}"\n')


def test_the_self_test_speaks_in_sentences_and_json(paths, capsys):
    code = provision(paths, "self-test", "--json")
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert set(found) >= {"disk", "flush", "room", "clock", "rtc", "ports", "memory", "models", "seats"}
    assert code == (1 if any(one["state"] == "ill" for one in found.values()) else 0)
    assert all(one["sentence"].endswith(".") or "`" in one["sentence"] for one in found.values())
    assert self_test.read(paths)[1]


def test_show_gives_the_address_the_fingerprint_and_the_code(paths, capsys):
    assert provision(paths, "show") == 0
    said = capsys.readouterr().out
    assert "setup code" not in said
    assert "Open   https://" in said
    code = setup_code.make(paths)
    assert provision(paths, "show") == 0
    said = capsys.readouterr().out
    assert f"3. The setup code is                      {code[:4]}-{code[4:]}\n" in said
    assert "1. On any computer in this network open   http://" in said
    assert "2. Compare the fingerprint there with\n" in said
    assert provision(paths, "show", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["fingerprint"]) > 60


def test_reset_wants_the_name_and_says_what_it_did(paths, capsys):
    from appliance.box.authority import own_names
    from appliance.provision import hostname

    name = hostname.current(Machine()) or own_names()[0]
    assert provision(paths, "first-boot") == 0
    assert provision(paths, "reset", "--confirm", "not-this-one") == 2
    assert "not this box's name" in capsys.readouterr().err
    assert provision(paths, "reset", "--confirm", name) == 0
    assert "Wiped: keys" in capsys.readouterr().out
    assert not paths.keys.exists()


def test_reset_is_refused_while_the_box_runs(paths, capsys):
    from appliance.box.authority import own_names
    from appliance.box.lock import held
    from appliance.provision import hostname

    with held(paths, "box"):
        assert provision(paths, "reset", "--confirm", hostname.current(Machine()) or own_names()[0]) == 2
    assert "already running" in capsys.readouterr().err


def test_nobody_signs_in_so_the_box_prints_a_code_and_restarts_when_it_is_told(paths):
    code = setup.code_where_nobody_signs_in(paths)
    assert code == setup_code.shown(paths)
    assert setup.code_where_nobody_signs_in(paths) == code
    assert not setup.asked_to_restart(paths)
    (paths.run / "restart").touch()
    assert setup.asked_to_restart(paths)
    assert not setup.asked_to_restart(paths)


def test_the_setup_code_is_used_once(paths):
    code = setup_code.make(paths)
    assert (paths.provision / "setup-code").stat().st_mode & 0o777 == 0o600
    assert setup_code.matches(paths, f" {code[:4].lower()}-{code[4:]} ")
    assert not setup_code.matches(paths, "")
    assert not setup_code.matches(paths, "3333-3333")
    setup_code.used(paths)
    assert setup_code.code(paths) is None
    assert not setup_code.matches(paths, code)


def test_the_console_shows_the_box_to_whoever_stands_there_and_its_file_is_roots(paths, tmp_path):
    from appliance.provision import first_boot

    on = machine(tmp_path / "root", Notes())
    code = setup_code.make(paths)
    first_boot.show(paths, on)
    file = on.file("/run/issue.d/appliance.issue")
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"{code[:4]}-{code[4:]}" in file.read_text()
    assert max(map(len, file.read_text().splitlines())) <= 80
    assert on.run.commands[-1] == "agetty --reload"


@pytest.mark.slow
def test_a_partition_is_made_encrypted_and_one_with_something_on_it_is_not(tmp_path):
    if not shutil.which("cryptsetup"):
        pytest.skip("cryptsetup is not installed")
    image, key = tmp_path / "partition", tmp_path / "key"
    with open(image, "wb") as out:
        out.truncate(32_000_000)
    with pytest.raises(BadInput, match="shorter than 32 bytes"):
        encryption.format_partition(str(image), Machine(), key_file=str(key))
    key.write_bytes(os.urandom(64))
    said = encryption.format_partition(str(image), Machine(), key_file=str(key))
    dump = subprocess.run(["cryptsetup", "luksDump", image], capture_output=True, text=True, check=True).stdout
    assert "Version:       \t2" in dump
    assert "APPLIANCE_DATA" in dump
    assert "crypttab" in said[1]
    with pytest.raises(BadInput, match="is not empty"):
        encryption.format_partition(str(image), Machine(), key_file=str(key))
    opened = ["cryptsetup", "open", "--test-passphrase", "--key-file", key, image]
    assert subprocess.run(opened, check=False).returncode == 0
    subprocess.run(["cryptsetup", "erase", "--batch-mode", image], check=True)
    assert subprocess.run(opened, check=False, capture_output=True).returncode != 0


def test_an_encrypted_disk_is_known_by_what_the_kernel_says(tmp_path, monkeypatch):
    on = machine(tmp_path)
    monkeypatch.setattr(encryption.mounts, "device", lambda _: "253:1")
    assert encryption.of(tmp_path, on) == ""
    block = tmp_path / "sys/dev/block"
    for number, name in (("253:1", "dm-1"), ("8:3", "sda3")):
        (tmp_path / f"sys/class/block/{name}").mkdir(parents=True)
        block.mkdir(parents=True, exist_ok=True)
        (block / number).symlink_to(tmp_path / f"sys/class/block/{name}")
        (block / number / "dev").write_text(f"{number}\n")
    (block / "253:1/dm").mkdir()
    (block / "253:1/dm/uuid").write_text("CRYPT-LUKS2-0123-appliance-data\n")
    (block / "253:1/slaves").mkdir()
    (block / "253:1/slaves/sda3").symlink_to(tmp_path / "sys/class/block/sda3")
    assert encryption.of(tmp_path, on) == "LUKS2"
    assert encryption.header(tmp_path, on) == "/dev/sda3"


def test_every_key_of_the_seed_is_documented():
    page = (ROOT / "docs/provision.md").read_text(encoding="utf-8")
    for section, keys in written.keys().items():
        head = {"admin": "### `[[admin]]`", "settings": "### `[settings.SECTION]`"}.get(section, f"### `[{section}]`")
        assert head in page, section
        part = page.split(head)[1].split("\n### ")[0].split("\n## ")[0]
        found = [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")]
        assert found == list(keys), section


def test_every_step_and_every_verb_is_documented():
    from appliance.provision import first_boot, steward

    page = (ROOT / "docs/provision.md").read_text(encoding="utf-8")
    for name in ["data_folder", "stick", *(step.name for step in first_boot.STEPS)]:
        assert f"\n| `{name}` |" in page, name
    assert set(steward.VERBS) == set(steward.Verb)
    for verb in steward.Verb:
        assert f"`{verb.value}`" in page.split("## The steward")[1], verb

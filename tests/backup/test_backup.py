"""A box that burned down comes back from its backup, and says so."""

import os
import time
from pathlib import Path

import pytest
from pyrage import x25519

from appliance import cli
from appliance.backup import make, restore
from appliance.box import recovery
from appliance.box.paths import Paths
from appliance.config import BackupSettings, Settings, UpstreamSettings, load
from appliance.errors import BadInput, IntegrityError, NotAllowed, NotFound
from appliance.exam.events import BOX, BoxRestored
from appliance.ledger import chain, database, state, writer
from appliance.ledger.reader import links, opened
from tests.ledger import world

pytestmark = pytest.mark.slow

SETTINGS = Settings(upstream=UpstreamSettings(site="north", box="lab-3"), backup=BackupSettings(keep=3))


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A box with an exam, its settings and its keys; it does not run."""
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    paths = Paths.of(tmp_path / "box").make()
    paths.config.write_text('[web]\nport = 9000\n\n[upstream]\nsite = "north"\nbox = "lab-3"\n')
    (paths.keys / "feed").write_bytes(b"f" * 32)
    recovery.recipient(paths.keys)
    with writer.opened(paths.database) as ledger:
        world.build(ledger)
    return paths


@pytest.fixture
def empty(tmp_path):
    return Paths.of(tmp_path / "new")


def opener(paths):
    return recovery.secret(paths.keys)


def test_a_new_box_is_what_the_old_one_was(box, empty):
    made = make.run(box, SETTINGS)
    restored = restore.run(empty, made.file, identity=opener(box))
    assert restored.said.exams == 1
    assert (empty.keys / "feed").read_bytes() == b"f" * 32
    with opened(empty.database) as ledger, ledger.connect() as connection:
        assert [exam.exam for exam in state.exams(connection)] == ["bio"]
        assert {user.user for user in state.users(connection)} == {"pia", "paul", "lea"}
        chain.check(links(connection, BOX), chain=BOX)


def test_the_new_box_has_a_new_name_in_the_store_and_the_ledger_says_so(box, empty):
    restored = restore.run(empty, make.run(box, SETTINGS).file, identity=opener(box))
    settings = load(empty.config)
    assert (settings.upstream.site, settings.web.port) == ("north", 9000)
    assert settings.upstream.box == restored.named != "lab-3"
    with opened(empty.database) as ledger:
        (event,) = ledger.events(types=frozenset({BoxRestored.TYPE}))
    assert (event.payload.box, event.payload.named) == ("lab-3", restored.named)


def test_settings_without_an_upstream_get_the_name_too(box, empty):
    box.config.unlink()
    restored = restore.run(empty, make.run(box, SETTINGS).file, identity=opener(box))
    assert load(empty.config).upstream.box == restored.named


def test_what_opens_a_backup_is_in_none(box, empty):
    secret = opener(box)
    made = make.run(box, SETTINGS)
    restore.run(empty, made.file, identity=secret)
    assert recovery.secret(empty.keys) is None
    assert recovery.recipient(empty.keys) == recovery.recipient(box.keys), "later backups open with the same key"
    assert secret.encode() not in made.file.read_bytes()


def test_a_backup_is_made_while_the_box_runs(box):
    with writer.opened(box.database):
        made = make.run(box, SETTINGS)
        assert made.said.events > 0


def test_only_so_many_are_kept_and_half_made_ones_go(box):
    (box.data / "backups").mkdir()
    (box.backups / ".half.new").write_bytes(b"x")
    for number in range(5):
        old = box.backups / f"lab-3-2026110{number + 1}T000000Z{make.SUFFIX}"
        old.write_bytes(b"old")
        past = time.time() - 86_400 * (9 - number)
        os.utime(old, (past, past))
    made = make.run(box, SETTINGS)
    assert len(make.kept(box)) == 3
    assert make.kept(box)[-1] == made.file
    assert not list(box.backups.glob(".*"))


def test_where_there_is_no_ledger_there_is_no_backup(empty):
    with pytest.raises(NotFound):
        make.run(empty, SETTINGS)


@pytest.mark.parametrize(
    ("key", "error"),
    [("AGE-SECRET-KEY-1QQQQ", BadInput), (str(x25519.Identity.generate()), IntegrityError)],
    ids=["mistyped", "of another box"],
)
def test_a_wrong_key_changes_nothing(box, empty, key, error):
    file = make.run(box, SETTINGS).file
    with pytest.raises(error):
        restore.run(empty, file, identity=key)
    assert not empty.database.exists()
    assert not list(empty.data.glob(".restoring*"))


def test_the_key_is_found_in_the_file_that_age_keygen_writes_and_in_what_a_person_types():
    key = str(x25519.Identity.generate())
    assert restore.identity_in(f"# created: today\n# public key: age1xyz\n{key}\n") == key
    assert restore.identity_in(f"  {key.lower()} ") == key
    with pytest.raises(BadInput):
        restore.identity_in("correct horse")


@pytest.mark.parametrize("spoil", ["cut", "flip"])
def test_a_damaged_backup_changes_nothing(box, empty, spoil):
    file = make.run(box, SETTINGS).file
    data = bytearray(file.read_bytes())
    if spoil == "cut":
        data = data[: len(data) // 2]
    else:
        data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(IntegrityError):
        restore.run(empty, file, identity=opener(box))
    assert not empty.database.exists()


def test_a_file_that_is_no_backup_is_refused(box, empty, tmp_path):
    from pyrage import encrypt

    other = tmp_path / "x.age"
    other.write_bytes(encrypt(b"hello", [x25519.Recipient.from_str(recovery.recipient(box.keys))]))
    with pytest.raises(IntegrityError):
        restore.run(empty, other, identity=opener(box))


def test_a_ledger_that_was_changed_inside_the_backup_is_refused(box, empty):
    """Whoever has only the public key can make a backup, but no ledger that proves itself to be another."""
    engine = database.open_writer(box.database)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS event_update")
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE event SET body = CAST(replace(CAST(body AS TEXT), 'bio', 'geo') AS BLOB)")
    engine.dispose()
    with pytest.raises(IntegrityError, match="changed"):
        restore.run(empty, make.run(box, SETTINGS).file, identity=opener(box))


def test_a_box_with_exams_is_not_overwritten(box):
    with pytest.raises(NotAllowed):
        restore.run(box, make.run(box, SETTINGS).file, identity=opener(box))


def test_a_fresh_box_gives_way_and_what_it_had_is_set_aside(box, empty):
    empty.make()
    (empty.keys / "feed").write_bytes(b"fresh")
    with writer.opened(empty.database):
        pass
    restore.run(empty, make.run(box, SETTINGS).file, identity=opener(box))
    (aside,) = empty.data.glob("replaced/*/keys/feed")
    assert aside.read_bytes() == b"fresh"
    assert (empty.keys / "feed").read_bytes() == b"f" * 32


def test_an_older_ledger_is_copied_before_its_tables_change(box):
    assert make.before_migration(box, SETTINGS) is None
    engine = database.open_writer(box.database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r0001'")
    engine.dispose()
    made = make.before_migration(box, SETTINGS)
    assert made is not None
    assert made.said.why == make.BEFORE_MIGRATION


@pytest.mark.parametrize("moves", range(6))
def test_killed_between_any_two_moves_a_restore_leaves_the_folder_as_before_or_done(box, empty, moves):
    file, key = make.run(box, SETTINGS).file, opener(box)
    dying = os.fork()
    if not dying:
        left, rename = [moves], Path.rename

        def or_die(self, target):
            if not left[0]:
                os._exit(9)
            left[0] -= 1
            return rename(self, target)

        Path.rename = or_die
        try:
            restore.run(empty, file, identity=key)
        finally:
            os._exit(0)
    os.waitpid(dying, 0)
    if not empty.database.exists():
        restore.run(empty, file, identity=key)
    with opened(empty.database) as ledger, ledger.connect() as connection:
        assert [exam.exam for exam in state.exams(connection)] == ["bio"]
    assert (empty.keys / "feed").read_bytes() == b"f" * 32


def test_the_key_is_shown_at_the_console_and_goes_when_somebody_keeps_it(box, capsys):
    command = ["--data", str(box.data), "recovery-key"]
    assert cli.main(command) == 0
    assert capsys.readouterr().out.strip() == opener(box)
    assert cli.main([*command, "--forget"]) == 0
    assert recovery.secret(box.keys) is None
    assert cli.main(command) == 2

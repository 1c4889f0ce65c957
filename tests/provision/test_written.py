"""provision.toml is read with every fault named by its line, and what is written reads back the same."""

import contextlib
import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.provision import rules, written
from appliance.provision.seed import Admin, Certificate, Lab, Network, Retention, Seed, Time, Upstream
from appliance.provision.written import WrongSeed

HASH = "$argon2id$v=19$m=47104,t=3,p=1$" + "A" * 22 + "$" + "B" * 43
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def a(cls):
    """One of the seed's sections, with any text and number in it."""
    kinds = {str: TEXT, float: st.floats(allow_nan=False), int: st.integers(-9, 9**9)}
    return st.builds(
        cls,
        **{
            field.name: kinds[field.type] if field.type in kinds else st.lists(TEXT, max_size=3).map(tuple)
            for field in dataclasses.fields(cls)
        },
    )


VALUES = TEXT | st.integers(-(2**60), 2**60) | st.booleans() | st.floats(allow_nan=False)
TABLES = st.dictionaries(TEXT, VALUES | st.lists(VALUES, max_size=3), max_size=3)
SETTINGS = st.dictionaries(TEXT, TABLES | st.lists(TABLES, min_size=1, max_size=2), max_size=2)
SEEDS = st.builds(
    Seed, lab=a(Lab), network=a(Network), time=a(Time), upstream=a(Upstream), certificate=a(Certificate),
    retention=a(Retention), admin=st.lists(a(Admin), max_size=2).map(tuple), settings=SETTINGS,
)  # fmt: skip


def findings(text):
    with pytest.raises(WrongSeed) as caught:
        written.parse(text, now=1_800_000_000)
    return caught.value.findings


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_is_written_reads_back_the_same(seed):
    assert written.read(written.dumps(seed)) == seed


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from("[]=\"'{}#a.,\n1 "), max_size=60).map("".join))
def test_whatever_somebody_typed_is_a_seed_or_is_told_by_line(text):
    with contextlib.suppress(WrongSeed):
        written.parse(text)
        return
    with pytest.raises(WrongSeed) as wrong:
        written.parse(text)
    assert wrong.value.findings
    assert all(1 <= line <= text.count("\n") + 1 for line, _ in wrong.value.findings)


def test_an_empty_file_is_a_seed():
    assert written.parse("") == Seed()
    assert written.dumps(Seed()) == ""


def test_everything_that_is_wrong_is_told_at_once_line_by_line():
    text = f'''[lab]
name = "Physics 2.14"
bx = "physics-214"
timezone = "Europe/Berlni"

[netwrk]
address = 3
[network]
address = "10.4.7.20/24"
gateway = "10.4.8.1"
dns = ["10.4.0.1", "dns.example"]
[time]
servers = "time.example.edu"
[[admin]]
user = "ada"
password_hash = "{HASH}"
[[admin]]
user = "ada"
password_hash = "$2b$12$secretsecretsecret"
[settings.capture]
workrs = 3
seats = "many"
[upstream]
limit_mbit = -1
access_key = "K"
'''
    told = findings(text)
    assert [line for line, _ in told] == [3, 4, 6, 10, 11, 13, 18, 19, 21, 22, 23, 24, 25]
    said = "\n".join(sentence for _, sentence in told)
    for part in (
        "did you mean box?", "did you mean Europe/Berlin?", "did you mean network?", "not in the network 10.4.7.0/24",
        "'dns.example', is no address", "servers takes texts in brackets", "two admins 'ada'", "not argon2id's",
        "Did you mean workers?".lower(), "seats is 'many'", "limit_mbit is -1", "go together",
    ):  # fmt: skip
        assert part in said.replace("Did", "did"), part
    assert "secretsecret" not in said


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[lab]\nname = "x\n', 2, "this is not TOML"),
        ('[lab]\nbox = "Not A Host"\n', 2, "takes a-z, 0-9 and dashes"),
        ('[lab]\ntimezone = "../../etc/passwd"\n', 2, "there is no time zone"),
        ("[lab]\nname = 3\n", 2, "name takes a text in quotes"),
        ("lab = 3\n", 1, "lab is a section"),
        ("admin = 3\n", 1, "admin is a list"),
        ("\n[[admin]]\nname = 'Ada'\n", 2, "this admin has no user"),
        (f"[[admin]]\nuser='ada'\nrole='god'\npassword_hash='{HASH}'\n", 3, "'god' is no role"),
        ("[[admin]]\nuser='ada'\n", 1, "has no password_hash"),
        ("[[admin]]\nuser='ada'\npassword_hash='$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$BBBBBBBBBBBBBBBBBBBBBB'", 3,
         "too cheaply"),
        ('[network]\naddress = "10.4.7.20"\n', 2, "no address with its prefix"),
        ('[network]\naddress = "10.4.7.0/24"\n', 2, "names the network"),
        ('[network]\naddress = "10.4.7.2/24"\ngateway = "10.4.7.2"\n', 3, "the box's own address"),
        ('[network]\ngateway = "10.4.7.1"\n', 2, "needs an address"),
        ('[network]\ninterface = "eth0; reboot"\n', 2, "names no interface"),
        ('[time]\nservers = ["a b"]\n', 2, "no name or address of a time server"),
        ('[upstream]\nurl = "ftp://x/y"\n', 2, "names no kind of store: s3://"),
        ('[upstream]\nurl = "s3://KEY:SECRET@bucket"\n', 2, "holds a key"),
        ('[upstream]\nurl = "s3://"\n', 2, "is not as in s3://BUCKET"),
        ('[upstream]\nendpoint = "s3.example.edu"\nurl = "s3://b"\n', 2, "is no address: https://HOST:PORT"),
        ('[upstream]\nurl = "s3://b"\nfolder = "/mnt"\n', 3, "name one of them"),
        ('[upstream]\nca = "nonsense"\n', 2, "no certificate in PEM"),
        ('[certificate]\nmode = "fils"\n', 2, "is no mode"),
        ('[certificate]\nmode = "files"\n', 1, "needs chain"),
        ('[certificate]\nmode = "acme"\n', 1, "needs a directory"),
        ('[certificate]\nemail = "me@example.edu"\n', 2, 'does not go with mode = "own"'),
        ("[retention]\nevidence_days = 9999\n", 2, "0 (as the box does by default) to 3650"),
        ('[settings.upstream]\nurl = "s3://b"\n', 2, "stands in the seed's own [upstream]"),
        ('[settings.upstream]\nvideo = "night"\n', 1, "there is no night"),
        ('[settings.panel]\nlights = "gpio"\nbutons = "gpio"\n', 3, "did you mean buttons?"),
        ('[settings.panel]\nlights = "neon"\n', 2, "use one of 'auto', 'gpio', 'usb', 'none'"),
        ('[settings.panel]\nsounds = "no"\n', 2, "sounds"),
        ('[settings.panel]\nbuttons = "keys"\n', 1, "key_device go together"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_on_its_line(text, line, said):
    assert any(told == line and said in sentence for told, sentence in findings(text)), findings(text)


def test_lines_are_right_behind_long_values_and_lists():
    text = "[certificate]\nchain = '''\n[a]\nb = 1\n'''\nnames = [\n  'x', # ]\n  'y'\n]\nkeey = 1\n"
    assert findings(text)[-1] == (10, "there is no key 'keey'; did you mean key?")


def test_several_lines_that_are_no_toml_are_all_told():
    assert [line for line, _ in findings("[lab]\nname = \nbox = physics\nsite = 'a'\nfoo = 1\n")] == [2, 3, 5]


def test_a_file_that_is_too_large_or_no_text_is_refused():
    with pytest.raises(WrongSeed, match="larger than"):
        written.decoded(b"#" * (written.MAX_BYTES + 1))
    with pytest.raises(WrongSeed, match="no text") as caught:
        written.decoded(b"# fine\n\xff\xfe")
    assert caught.value.findings[0][0] == 2


def test_what_is_shown_of_a_seed_holds_no_secret():
    seed = Seed(
        upstream=Upstream(secret_key="S3CR3T"),
        admin=(Admin(user="ada", password_hash=HASH),),
        certificate=Certificate(key="S3CR3T"),
    )
    assert "S3CR3T" not in repr(seed)
    assert HASH not in repr(seed)
    shown = written.dumps(rules.without_secrets(seed))
    assert "S3CR3T" not in shown
    assert HASH not in shown

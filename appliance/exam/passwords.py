"""Which passwords are too easy to guess. Pure, and without a network: the words are this project's own list of what
published lists of leaked passwords are made of, and the rules cover what people add to them."""

import re
from collections.abc import Sequence

from appliance.errors import BadInput

SHORTEST = 10

_WORDS = """
abc aaa access account admin administrator adminadmin amanda andrew angel apple appliance april arsenal august autumn
azerty baby bailey baseball basketball batman berlin bigdog buster butterfly bvb camera change changeme charlie cheese
chelsea chocolate college computer cookie daniel december default demo donald dragon einstein exam exams falcon family
february fenster football forever freedom freund friday fussball garfield geheim ginger gott guest hallo hamburg hannah
hannover harley hello herbst heute hockey hottie hund hunter iloveyou internet january jennifer jessica jesus jordan
joshua july june justin kaiser katze kennwort killer lab labor letmein liebe liverpool login london lovely
lovers loveyou march maria master match matrix matthew maverick merlin michael michelle mickey monday monkey morgan
mustang mutter ncc neu new nicole ninja november october office operator orange pass passe passw0rd password passwort
peanut pepper pokemon power princess proctor proctoring pruefung purple qazwsx qwer qwert qwerty qwertz raspberry
robert root sabine saturday schalke schatz schatzi school schule secret secure security september service shadow
sommer soccer spring staff starwars steelers student summer sunday sunshine super superman support system teacher
temp test tester testing thomas thunder thursday tigger trustno tuesday universitaet university user vater vikings
wednesday weekend welcome whatever william willkommen winter yankees yellow zaq zaqwsx
"""
_COMMON = sorted(set(_WORDS.split()), key=len, reverse=True)
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "qwertyuiopasdfghjklzxcvbnm" * 2,
    "qwertzuiopasdfghjklyxcvbnm" * 2,
    "qwertzuiopüasdfghjklöäyxcvbnm" * 2,
    "azertyuiopqsdfghjklmwxcvbn" * 2,
    "1qaz2wsx3edc4rfv5tgb6zhn7ujm8ik9ol0p" * 2,
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p" * 2,
    "1q2w3e4r5t6y7u8i9o0p" * 2,
    "1q2w3e4r5t6z7u8i9o0p" * 2,
    "01234567890" * 3,
)
_LETTERS = str.maketrans("013457@$!", "oleastasi")
_FEWEST = 5
_LEFT_OVER = 2


def check(password: str, *, user: str = "", name: str = "") -> None:
    """BadInput where it is short, or one of those that are tried first. `user` and `name`: whose it is."""
    if len(password) < SHORTEST:
        raise BadInput(f"a password has at least {SHORTEST} characters", hint="Three or four words do well.")
    said = password.casefold()
    own = [word for word in re.split(r"[\W_]+", f"{user} {name}".casefold()) if len(word) >= 3]
    if len(set(said)) < _FEWEST or said.isdigit() or _is_run(said) or _is_common(said, own):
        raise BadInput(
            "this password is one of those that are guessed first",
            hint="Take three or four words that have nothing to do with you, the box or each other.",
        )


def _is_run(said: str) -> bool:
    """Keys that lie beside each other, forwards or backwards."""
    plain = re.sub(r"[\W_]+", "", said)
    return any(plain in run or plain[::-1] in run for run in _RUNS)


def _is_common(said: str, own: list[str]) -> bool:
    """Common words and names, with digits and signs around them, and nothing else."""
    words = (*sorted(own, key=len, reverse=True), *_COMMON)
    return any(len(_without(words, spelt)) <= _LEFT_OVER for spelt in (said, said.translate(_LETTERS)))


def _without(words: Sequence[str], said: str) -> str:
    """Its letters that belong to none of the words."""
    letters = re.sub(r"[\W\d_]+", "", said)
    for word in words:
        letters = letters.replace(word, "")
    return letters

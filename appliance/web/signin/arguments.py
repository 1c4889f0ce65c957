"""The commands about people who sign in."""

from appliance.box.console import Commands, lazily

_CONSOLE = "appliance.web.signin.console"


def add(user: Commands) -> None:
    """Beside `user create` and `user list`."""
    password = user.add("password", lazily(_CONSOLE, "password"), "another password, while the box runs or not")
    password.add_argument("user", metavar="NAME")
    password.add_argument("--once", action="store_true", help="made by the box, to be changed at the first sign-in")
    unlock = user.add("unlock", lazily(_CONSOLE, "unlock"), "end the wait after wrong guesses")
    unlock.add_argument("user", metavar="NAME")
    enable = user.add("enable", lazily(_CONSOLE, "enable"), "switch an account on again")
    enable.add_argument("user", metavar="NAME")
    factor = user.group("factor", "second factors")
    remove = factor.add("remove", lazily(_CONSOLE, "remove_factor"), "app, passkeys and recovery codes were lost")
    remove.add_argument("user", metavar="NAME")

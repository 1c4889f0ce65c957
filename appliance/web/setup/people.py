"""Who may sign in from the first minute: the lab's first admin, and whoever else is entered beside."""

from collections.abc import Mapping

from appliance.errors import BadInput
from appliance.exam import passwords
from appliance.exam.permissions import USERS, Role
from appliance.ledger.actions import users
from appliance.ledger.state import UserRow
from appliance.ledger.writer import Transaction
from appliance.provision.seed import Admin
from appliance.web.strings import Catalogue

OFFERED = (Role.PROCTOR, Role.LEAD, Role.PLANNER, Role.STAFF, Role.ADMIN, Role.REVIEWER, Role.INSTITUTION, Role.AUDITOR)
"""Roles for a person of the lab, those that a first exam needs in front."""

BY = "setup"


def has_admin(known: list[UserRow]) -> bool:
    """Can somebody look after this box?"""
    return any(row.role == Role.ADMIN.value for row in known)


def entered(form: Mapping[str, str], *, first: bool, words: Catalogue) -> Admin:
    """The person of the form; BadInput in words. The password costs a tenth of a second. The first one is an admin."""
    user, name = form.get("user", "").strip().lower(), form.get("name", "").strip()
    password = form.get("password", "")
    role = Role.ADMIN if first else _role(form.get("role", ""), words)
    if not user or not name:
        raise BadInput(words("setup.wrong.person"))
    if len(password) < passwords.SHORTEST or len(password) > 200:
        raise BadInput(words("setup.wrong.password", least=passwords.SHORTEST))
    if password != form.get("again", ""):
        raise BadInput(words("setup.wrong.again"))
    return Admin(
        user=user, name=name, role=role.value, password_hash=users.hash_password(password, user=user, name=name)
    )


def enter(transaction: Transaction, person: Admin) -> None:
    """They may sign in from now on."""
    role = Role(person.role)
    users.create_user(
        transaction, user=person.user, name=person.name, role=role, password_hash=person.password_hash, by=BY
    )


def _role(said: str, words: Catalogue) -> Role:
    found = next((role for role in USERS if role.value == said), None)
    if found is None:
        raise BadInput(words("setup.wrong.role"))
    return found

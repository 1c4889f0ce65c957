"""The language of the setup page: as the person chose, else as the browser asks, else English."""

import functools
from typing import Any

from flask import render_template, request

from appliance.web.context import services
from appliance.web.strings import FOLDER, Catalogue

LANGUAGES = ("en", "de")
COOKIE = "language"


def chosen() -> str:
    """Of `LANGUAGES`."""
    asked = request.cookies.get(COOKIE, "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def words() -> Catalogue:
    """The catalogue in that language. What only the box itself says (`server.*`) is English in each."""
    return services().words if chosen() == "en" else _other(chosen())


@functools.cache
def _other(language: str) -> Catalogue:
    english = Catalogue.load(FOLDER)
    return english.under(Catalogue.load(FOLDER, language=language))


def page(template: str, **context: Any) -> str:
    """A template whose words are in that language."""
    said = words()
    return render_template(template, t=said, strings=said.to_json(), lang=chosen(), languages=LANGUAGES, **context)

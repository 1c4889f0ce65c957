"""What stands on the card of the lights, in its order: for the sheet on the wall, the page, and the documents. The
words are `light_card.*` of the catalogue, the pictures `static/panel/` (drawn by `panel.card`)."""

from collections.abc import Callable, Mapping

Words = Callable[..., str]

DARKNESS = "dark"
"""The light that is off has a picture, too."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "fine": ("ready", "recording", "syncing", "offline"),
    "wanted": ("recording_attention", "attention", "fault", DARKNESS),
    "passing": ("starting", "shutting_down", "identify"),
}
"""What is fine, what wants somebody, what passes by itself."""

HOLDS = ("tap", "pair", "off", "reset", "power_key")
"""What a hand at the box can do."""


def rows(words: Words) -> list[tuple[str, list[dict[str, str]]]]:
    """The lights in words: a group's title, and of each light its picture, what is seen, meant and to do."""
    return [
        (
            words(f"light_card.{group}"),
            [
                {"picture": f"{name}.svg"}
                | {what: words(f"light_card.{name}_{what}") for what in ("see", "name", "means", "do")}
                for name in names
            ],
        )
        for group, names in GROUPS.items()
    ]


def holds(words: Words) -> list[dict[str, str]]:
    """What the button does, in words."""
    return [{"how": words(f"light_card.{hold}_how"), "what": words(f"light_card.{hold}_what")} for hold in HOLDS]

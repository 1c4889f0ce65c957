"""How an update stands, as a sentence."""

from appliance.update.journal import Journal, Step


def sentence(told: Journal | None) -> str:
    """For people; pure."""
    if told is None:
        return "This box was never updated."
    new, old = told.new or "another version", told.old or "what it was"
    said = {
        Step.PREPARING: f"The update to {new} is being proved and backed up. Nothing is changed yet.",
        Step.STAGED: f"The update to {new} is ready and begins now.",
        Step.INSTALLING: f"{new} is being installed. Do not unplug; if the power goes all the same, {old} comes back.",
        Step.JUDGING: f"{new} is installed. The box watches whether it is well with it.",
        Step.ROLLING_BACK: f"The way back to {old}: {told.reason}",
        Step.BACK: f"{old} is in place again. The box watches whether it is well. {told.reason}",
        Step.DONE: f"Updated from {old} to {new}; the box is well.",
        Step.ROLLED_BACK: f"Not updated: the box has {old} again. {told.reason}",
        Step.ABANDONED: f"Not updated. {told.reason}",
        Step.REFUSED: f"Not updated: {told.reason}.",
    }[told.step]
    return f"{said} {told.hint}".strip()

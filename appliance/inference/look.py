"""What a picture can be looked at for."""

from enum import StrEnum


class Look(StrEnum):
    """Light is always measured; the rest as the schedule says."""

    FACES = "faces"
    OBJECTS = "objects"  # persons, phones, what is forbidden
    HEAD = "head"  # where the candidate's head and eyes point, what covers the face
    LIKENESS = "likeness"  # is it still the same face
    HANDS = "hands"

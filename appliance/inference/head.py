"""Where the candidate's head and eyes point, in numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Of the largest face of a picture. Angles in degrees: `yaw` > 0 towards the picture's right edge, `pitch` > 0
    down, `roll` > 0 clockwise. `gaze`: where the irises lie between the corners of the eyes, 0 at the picture's left
    to 1 at its right, middle about .5; `gaze_up`: likewise from the lower lid (0) to the upper one (1); `eyes_open`:
    height of the eyes by their width (EAR), below about .15 when shut; None where an eye cannot be seen well enough.
    `covered`: share of the landmarks that cannot be trusted, 0..1, None when that cannot be told. `score`: how sure
    the mesh is of a face, 0..1; 0 when it found none and the angles come from the five points of the face alone
    (`profile`: turned so far that one half of the face is hidden)."""

    yaw: float
    pitch: float
    roll: float = 0.0
    gaze: float | None = None
    gaze_up: float | None = None
    eyes_open: float | None = None
    covered: float | None = None
    score: float = 1.0
    profile: bool = False

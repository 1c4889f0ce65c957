"""Public keys of boxes that came another way than what they signed."""

from dataclasses import dataclass, field
from pathlib import Path

from appliance.bundle.keys import PublicKey
from appliance.errors import BadInput, IntegrityError, NotFound


@dataclass(frozen=True, slots=True)
class Trusted:
    """`keys`: good for whatever they signed; `boxes`: (site, box) -> its key. Both empty: nothing to compare with."""

    keys: tuple[PublicKey, ...] = ()
    boxes: dict[tuple[str, str], PublicKey] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Path | None) -> "Trusted":
        """A box.pub, or a folder of SITE/BOX.pub for many boxes. NotFound, BadInput where it is neither."""
        if place is None:
            return cls()
        if not place.is_dir():
            return cls(keys=(_key(place),))
        boxes = {(file.parent.name, file.stem): _key(file) for file in sorted(place.glob("*/*.pub"))}
        if not boxes:
            raise NotFound(
                f"the folder {place} has no keys",
                hint="Put each box's box.pub there as SITE/BOX.pub, or give one file.",
            )
        return cls(boxes=boxes)

    def __bool__(self) -> bool:
        return bool(self.keys or self.boxes)

    @property
    def only(self) -> PublicKey | None:
        """The one key that there is."""
        return self.keys[0] if len(self.keys) == 1 else None

    def knows(self, key: PublicKey) -> bool:
        """Is it one of them, or are there none?"""
        return not self or any(key.pem == one.pem for one in (*self.keys, *self.boxes.values()))

    def suits(self, key: PublicKey, site: str, box: str) -> bool:
        """Is it the one of this box?"""
        if not self.boxes:
            return self.knows(key)
        own = self.boxes.get((site, box))
        return own is not None and own.pem == key.pem


def _key(file: Path) -> PublicKey:
    try:
        return PublicKey.from_pem(file.read_bytes())
    except OSError as error:
        raise NotFound(f"the key {file} cannot be read: {error.strerror}") from None
    except IntegrityError as error:
        raise BadInput(f"{file} cannot be used: {error}", hint="It is the box.pub of the box.") from None

"""python -m training.phones PICTURES: trains the head, writes its weights and what it is worth."""

import argparse
import json
from pathlib import Path

import numpy as np

from appliance.inference.models import Numbers
from appliance.inference.opinion import VETO
from training.phones.fit import fit, rows
from training.phones.pictures import HELD_OUT, Shot, folds, read
from training.phones.views import DRAWN, FOUND, View, Viewer

FOLDS = 5
SHIFT = 0.25
"""Added to the bias, so that a phone is above 0: chosen on the training pictures by cross-validation and on the
development clips (README), so that a place is called a phone before it is as likely as not."""

HERE = Path(__file__).parent
WEIGHTS = HERE.parents[1] / "appliance" / "inference" / "weights" / "phones.npz"
STOCK = 0.5

Head = tuple[Numbers, float]


def main() -> None:
    """Deterministic: the same pictures and models give the same weights."""
    parser = argparse.ArgumentParser(prog="python -m training.phones", description=__doc__)
    parser.add_argument("pictures", type=Path, help="the folder with annotations.json")
    parser.add_argument("--cache", type=Path, required=True, help="where to keep what the networks saw")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    viewer = Viewer(options.cache)
    every = [(shot, viewer.view(shot)) for shot in read(options.pictures)]
    own = [pair for pair in every if pair[0].split != HELD_OUT]
    man = [pair for pair in every if pair[0].split == HELD_OUT]
    scores: list[float] = [0.0] * len(own)
    fold = folds([shot for shot, _ in own], FOLDS)
    for number in range(FOLDS):
        head = _train([pair for pair, f in zip(own, fold, strict=True) if f != number])
        for n in np.flatnonzero(np.array(fold) == number):
            scores[n] = _best(*own[n], head)
    head = _train(own)
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez(WEIGHTS, weights=head[0], bias=np.float32(head[1]))
    figures = {
        "pictures": len(own),
        "rows": len(rows([view for _, view in own])[1]),
        "cross_validated": _figures(own, scores),
        "held_out_man": _figures(man, [_best(shot, view, head) for shot, view in man]),
    }
    (HERE / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


def _train(pairs: list[tuple[Shot, View]]) -> Head:
    weights, bias = fit(*rows([view for _, view in pairs]))
    return weights, bias + SHIFT


def _best(shot: Shot, view: View, head: Head) -> float:
    """Of the picture: the best of the places that were found; of a cropped one, the phone as it was drawn."""
    said = view.x @ head[0] + head[1] + VETO * np.minimum(0, view.lead)
    places = said[view.source == FOUND] if not shot.cropped else said[view.source == DRAWN][:1]
    return float(max(places, default=-99.0))


def _figures(pairs: list[tuple[Shot, View]], scores: list[float]) -> dict[str, dict[str, float]]:
    """By source, person and pose: how many pictures, and the share in which a phone is seen: by the head, and by the
    stock detector with a second pass at the hands."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for (shot, view), score in zip(pairs, scores, strict=True):
        who = shot.who if " " not in shot.who else ""
        what = "phone" if shot.phones else "wallet or case" if _has(shot, "wallet_or_case") else "none"
        name = ", ".join(word for word in (shot.group, who, shot.pose, what) if word)
        groups.setdefault(name, []).append((float(score > 0), float(view.stock > STOCK)))
    return {
        name: {
            "pictures": len(seen),
            "head": round(float(np.mean([head for head, _ in seen])), 3),
            "stock": round(float(np.mean([stock for _, stock in seen])), 3),
        }
        for name, seen in sorted(groups.items())
    }


def _has(shot: Shot, kind: str) -> bool:
    return any(kind == name for name, _ in shot.boxes)


if __name__ == "__main__":
    main()

"""Logistic regression on the main directions of the features, by Newton's method. Pure."""

from collections.abc import Sequence

import numpy as np

from appliance.inference.models import Numbers
from training.phones.views import DRAWN, View

POSITIVE = 0.45  # overlap with a phone from which on a place is one
NEGATIVE = 0.15  # up to which it is none; what lies between teaches nothing
DIRECTIONS = 256
STRENGTH = 0.003  # of the data against the prior that weights are small: .01 and .001 were no better (README)
STEPS = 30


def rows(views: Sequence[View]) -> tuple[Numbers, Numbers, Numbers]:
    """x [n, 1283], y [n] 0 or 1, weight [n]: a picture with many places of a kind counts by their root."""
    xs, ys, weights = [], [], []
    for view in views:
        phone = (view.overlap >= POSITIVE) | (view.phone > 0)
        used = phone | (view.overlap < NEGATIVE) | (view.source == DRAWN)
        for kind in (True, False):
            own = used & (phone == kind)
            if own.any():
                xs.append(view.x[own])
                ys.append(np.full(own.sum(), float(kind)))
                weights.append(np.full(own.sum(), own.sum() ** -0.5))
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(weights)


def fit(x: Numbers, y: Numbers, weight: Numbers) -> tuple[Numbers, float]:
    """Weights [1283] and bias for x as it is."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    scaled = (x - mean) / spread
    _, directions = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    directions = directions[:, -DIRECTIONS:]
    design = np.concatenate([scaled @ directions, np.ones((len(x), 1))], axis=1).astype(np.float64)
    balanced = weight.astype(np.float64)
    for kind in (0.0, 1.0):
        balanced[y == kind] *= len(y) / 2 / balanced[y == kind].sum()
    prior = np.full(design.shape[1], 1 / STRENGTH)
    prior[-1] = 1e-9
    answer = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ answer, -30, 30)))
        slope = design.T @ (balanced * (chance - y)) + prior * answer
        bend = (design * (balanced * chance * (1 - chance) + 1e-9)[:, None]).T @ design + np.diag(prior)
        step = np.linalg.solve(bend, slope)
        answer -= step
        if np.abs(step).max() < 1e-6:
            break
    weights = (directions @ answer[:-1]) / spread
    return weights.astype(np.float32), float(answer[-1] - weights @ mean)

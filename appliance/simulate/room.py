"""Rooms that nobody sits in: a wall, furniture, a window. Each number gives another one."""

import cv2
import numpy as np

from appliance.simulate.cutout import Picture

WIDTH, HEIGHT = 640, 480
"""Of every picture, pixels."""

_WALLS = ((196, 204, 208), (205, 196, 182), (188, 206, 196), (178, 196, 214), (210, 200, 200), (190, 190, 206))
_BOOKS = ((60, 70, 140), (120, 90, 50), (70, 110, 80), (150, 140, 130), (50, 120, 160), (90, 60, 100))


def room(number: int) -> Picture:
    """BGR, 480 x 640."""
    random = np.random.default_rng(1000 + number)
    wall = np.array(_WALLS[number % len(_WALLS)], np.float32)
    slope = np.linspace(0.72, 1.05, WIDTH, dtype=np.float32)[None, :, None]
    picture = np.repeat(wall * slope, HEIGHT, axis=0).clip(0, 255).astype(np.uint8)
    window, shelf = (30, 430) if random.random() < 0.5 else (430, 20)
    _window(picture, window, int(random.integers(20, 70)))
    _shelf(picture, shelf, int(random.integers(90, 150)), random)
    _shelf(picture, shelf, int(random.integers(240, 290)), random)
    cv2.line(picture, (0, 400), (WIDTH, 396), (120, 125, 130), 3)
    picture = np.asarray(cv2.GaussianBlur(picture, (7, 7), 0), np.uint8)
    grain = cv2.resize(random.normal(0, 5, (HEIGHT // 2, WIDTH // 2, 1)), (WIDTH, HEIGHT))[..., None]
    picture = (picture + grain).clip(0, 255).astype(np.uint8)
    return picture[:, ::-1].copy() if number % 2 else picture


def _window(picture: Picture, x: int, y: int) -> None:
    cv2.rectangle(picture, (x, y), (x + 150, y + 210), (150, 155, 160), -1)
    cv2.rectangle(picture, (x + 8, y + 8), (x + 142, y + 202), (248, 244, 236), -1)
    cv2.line(picture, (x + 75, y), (x + 75, y + 210), (150, 155, 160), 6)
    cv2.line(picture, (x, y + 100), (x + 150, y + 100), (150, 155, 160), 6)


def _shelf(picture: Picture, x: int, y: int, random: np.random.Generator) -> None:
    at = x
    while at < x + 170:
        width, height = int(random.integers(9, 24)), int(random.integers(45, 85))
        colour = _BOOKS[int(random.integers(len(_BOOKS)))]
        cv2.rectangle(picture, (at, y - height), (at + width, y), colour, -1)
        at += width + int(random.integers(1, 4))
    cv2.rectangle(picture, (x - 8, y), (x + 196, y + 9), (70, 95, 125), -1)

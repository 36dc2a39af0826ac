"""Predicts the tide from a few harmonic constituents."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Constituent:
    name: str
    amplitude: float
    speed: float  # degrees an hour
    phase: float = 0.0

    def height(self, hours: float) -> float:
        return self.amplitude * math.cos(math.radians(self.speed * hours - self.phase))


HARBOUR = [
    Constituent("M2", 1.42, 28.984, 101.0),
    Constituent("S2", 0.48, 30.0, 138.5),
    Constituent("K1", 0.11, 15.041),
]


def predict(hours: float) -> float:
    return sum(each.height(hours) for each in HARBOUR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    for hour in range(parser.parse_args().hours):
        print(f"{hour:02d}:00 {predict(hour):+.2f} m")


if __name__ == "__main__":
    main()

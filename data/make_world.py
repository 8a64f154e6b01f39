"""Draw the held-out set of the drawn world: four pictures of 224x224 of each class, in a folder a class.

    python data/make_world.py [--output data/demo/drawnWorld]

Picture N of a class has the seed 10,000,000 + N. Training pictures have seeds below 10,000,000.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from make_fridge import jpeg, write

from vitcourse import drawn, world

SIZE = (224, 224)


def main() -> None:
    """Draw the set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "demo" / "drawnWorld")
    output = parser.parse_args().output
    for name in drawn.WORLD_CLASSES:
        for number in range(world.HELD_OUT_PER_CLASS):
            picture = drawn.render(name, world.HELD_OUT_SEED + number, SIZE).image
            write(output / name / f"{number}.jpg", jpeg(picture))
    files = list(output.rglob("*.jpg"))
    print(f"{len(files)} pictures, {sum(file.stat().st_size for file in files) / 1e6:.2f} MB in {output}")


if __name__ == "__main__":
    main()

"""Draw README's picture, drawn_fridge.jpg: three pictures of each class of the drawn fridge set.

Run it with VITCOURSE_ASSETS=demo: real photos must not get into the repository.
"""

from pathlib import Path

import pandas as pd

import vitcourse as vc


def main() -> None:
    """Take three training pictures of each class."""
    if vc.setup().assets != "demo":
        raise SystemExit("these are real photos, which must not ship: run with VITCOURSE_ASSETS=demo")
    photos = vc.fridge.multiclass()["train"]
    labels = pd.Series(photos["label"])
    chosen = [i for label in range(4) for i in labels.index[labels == label][6:9]]
    titles = [vc.fridge.CLASSES[labels[i]].replace("_", " ") for i in chosen]
    figure = vc.plotting.image_grid([photos[i]["image"] for i in chosen], titles)
    figure.savefig(Path(__file__).with_suffix(".jpg"), dpi=110, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main()

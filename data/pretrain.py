"""Pre-train the demo family on drawn pictures of everyday objects, from random weights.

    python data/pretrain.py                         every member, one after the other
    python data/pretrain.py deit-micro --seed 0     one member, and those it stands on

None of the four fridge classes is among the objects. Training is the package's own loop
(`vitcourse.training.fit`), in phases of growing resolution: most of what there is to learn can be learnt from
few tokens, and few tokens are cheap. What a phase has learnt is kept in data/.cache: stopped and started
again, the program goes on after the last finished phase. data/family.py says who is trained how;
data/members.py builds the networks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from functools import partial
from pathlib import Path

import drawn_pictures
import members
import model_card
import torch
from accelerate.utils import set_seed
from family import FAMILY, HELD_OUT_PER_CLASS, PICTURES_PER_CLASS, Member, Phase
from PIL import Image
from torch.utils.data import DataLoader

from vitcourse import models, preprocessing, training, world

DATA = Path(__file__).parent


def main() -> None:
    """Train what is asked for and write each checkpoint with its card."""
    options = arguments()
    for name in options.names or list(FAMILY):
        result = trained(name, options)
        folder = options.output / name
        members.save(name, result["network"], folder)
        print(model_card.write(name, folder, held_out_scores(folder), options.seed, result["hours"]))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*FAMILY, []], metavar="NAME", help=", ".join(FAMILY))
    parser.add_argument("--output", type=Path, default=DATA / "demo")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def trained(name: str, options: argparse.Namespace, phases: int | None = None) -> dict:
    """Return `network`, trained for its first `phases` phases (all, if None), and the `hours` it took."""
    member = FAMILY[name]
    phases = len(member.phases) if phases is None else phases
    kept = DATA / ".cache" / f"{name}-{fingerprint(name, phases, options)}.pt"
    if kept.exists():
        state = torch.load(kept)
        network = members.build(name, state["size"])
        network.load_state_dict(state["weights"])
        return {"network": network, "hours": state["hours"]}
    phase = member.phases[phases - 1]
    before = previous(name, options, phases)
    set_seed(options.seed)
    network = members.build(name, phase.size)
    if before:
        members.begin_with(network, before["network"])
    began = time.perf_counter()
    train_phase(name, network, phase, options)
    hours = (time.perf_counter() - began) / 3600 + (before["hours"] if before else 0)
    kept.parent.mkdir(exist_ok=True)
    state = {"weights": network.state_dict(), "size": phase.size, "hours": hours}
    torch.save(state, kept.with_suffix(".partial"))
    kept.with_suffix(".partial").replace(kept)
    return {"network": network, "hours": hours}


def previous(name: str, options: argparse.Namespace, phases: int) -> dict | None:
    """Return what the last of the first `phases` phases goes on from: the phase before, or another member."""
    if phases > 1:
        return trained(name, options, phases - 1)
    start = FAMILY[name].start
    return trained(start.name, options, start.phases) if start else None


def fingerprint(name: str, phases: int, options: argparse.Namespace) -> str:
    """Return ten hex digits that change with anything that the result of these phases depends on."""
    member = FAMILY[name]
    parts = [repr(member.phases[:phases]), repr(member.preprocessing), options.seed, PICTURES_PER_CLASS]
    parts += [members.CLASSES, members.ARCHITECTURE]
    if member.deit_augmentation:
        parts.append("deit augmentation")
    if member.teacher:
        parts.append(fingerprint(member.teacher, len(FAMILY[member.teacher].phases), options))
    if member.start:
        parts.append(fingerprint(member.start.name, member.start.phases, options))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def train_phase(name: str, network: torch.nn.Module, phase: Phase, options: argparse.Namespace) -> None:
    """Train one phase in place, and log its history to the screen and to data/.cache/NAME.jsonl."""
    member = FAMILY[name]
    recipe = training.Recipe(
        epochs=phase.passes,
        learning_rate=phase.learning_rate,
        optimizer=phase.optimizer,
        warmup=0.05,
        label_smoothing=0.1,
        mixed_precision=phase.precision,
        seed=options.seed + phase.size,
    )
    loss_of = members.supervised_loss
    if member.teacher:
        teacher = trained(member.teacher, options)["network"].eval()
        loss_of = partial(members.distillation_loss, teacher=teacher)
    for row in training.fit(network, phase_loaders(member, phase), recipe, loss_of):
        line = json.dumps({"name": name, "size": phase.size, **{k: round(v, 5) for k, v in row.items()}})
        print(line, flush=True)
        with (DATA / ".cache" / f"{name}.jsonl").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def phase_loaders(member: Member, phase: Phase) -> dict:
    """Return training and held-out batches at the phase's resolution."""
    mean, std, crop_share = member.preprocessing
    geometry = drawn_pictures.training_geometry(phase.size, phase.smallest_crop)
    make = drawn_pictures.DeiTBatches if member.deit_augmentation else drawn_pictures.Batches
    train = make(drawn_pictures.draw_all(PICTURES_PER_CLASS, 0), geometry, mean, std)
    held_out = drawn_pictures.Batches(
        drawn_pictures.draw_all(HELD_OUT_PER_CLASS, world.HELD_OUT_SEED),
        drawn_pictures.evaluation_geometry(phase.size, crop_share),
        mean,
        std,
    )
    return {
        "train": drawn_pictures.loader(train, phase.batch_size, phase.pictures // phase.passes),
        "validation": drawn_pictures.loader(held_out, phase.batch_size),
    }


def held_out_scores(folder: Path) -> dict[str, float]:
    """Return top-1 and top-5 accuracy of a written checkpoint, through its own processor."""
    model, processor = models.load(folder)
    pictures = drawn_pictures.draw_all(HELD_OUT_PER_CLASS, world.HELD_OUT_SEED)
    transform = preprocessing.evaluation_transform(processor)
    rows = [
        {"pixel_values": transform(Image.fromarray(image[..., :3])), "labels": label}
        for image, label in zip(pictures["images"], pictures["labels"], strict=True)
    ]
    accelerator = training.start(training.Recipe(mixed_precision="no"))
    model, batches = accelerator.prepare(model, DataLoader(rows, batch_size=64))
    logits, labels = training.predict(accelerator, model, batches)
    right = logits.topk(5).indices == labels[:, None]  # (N, 5)
    return {"top-1": right[:, 0].float().mean().item(), "top-5": right.any(1).float().mean().item()}


if __name__ == "__main__":
    main()

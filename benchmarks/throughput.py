"""Images a second of the ten architectures (random weights), beside the published ones of a V100 GPU.

    python benchmarks/throughput.py [--names deit-tiny ...] [--batch 4] [--seconds 3] [--json FILE]

The DeiT paper's way: the largest batch that fits, the mean of 30 runs. On a CPU a larger batch gains nothing:
batches of `--batch` there, and fewer runs (at least 3) once they have taken `--seconds`. In fp32, and in bf16
or fp16 where the device has it; beside them its rate for products of large matrices. About 2 minutes on two
cores. Writes benchmarks/results/throughput.json.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

import torch
from results_file import machine, write_json

from vitcourse import cost, devices, timing, variants

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def main() -> None:
    """Measure every architecture in every precision."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    published = [name for name, variant in variants.all_variants().items() if not variant.demo]
    parser.add_argument("--names", nargs="+", default=published, choices=list(variants.all_variants()))
    parser.add_argument("--batch", type=int, default=4, help="pictures a batch, where it is no CUDA GPU")
    parser.add_argument("--seconds", type=float, default=3.0, help="stop repeating after so long, on a CPU")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "throughput.json")
    options = parser.parse_args()
    device = devices.name()
    reduced = devices.mixed_precision()
    precisions = ["fp32"] if reduced == "no" else ["fp32", reduced]
    rates = {
        precision: timing.matmul_rate(PRECISIONS[precision], 2048 if device == "cpu" else 8192, device)
        for precision in precisions
    }
    rows = []
    for name in options.names:
        for precision in precisions:
            row = measure(name, device, precision, options.batch, options.seconds)
            row["share_of_matmul_rate"] = row["flops_per_second"] / rates[precision]
            rows.append(row)
            print(
                f"{name:26} {precision} batch {row['batch']:4}: {row['images_per_second']:9.1f} images/s, ",
                end="",
            )
            print(f"{row['share_of_matmul_rate']:.0%} of the rate of matrix products")
    result = {"machine": machine(), "matmul_flops_per_second": rates, "rows": rows}
    write_json(options.json, result)


@torch.inference_mode()
def measure(name: str, device: str, precision: str, batch: int, seconds: float) -> dict:
    """Time forward passes of one architecture with random weights."""
    variant = variants.get(name)
    model = cost.random_model(variant, device)

    def forward(pixel_values: torch.Tensor) -> None:
        with autocast(device, precision):
            model(pixel_values=pixel_values)

    def attempt(batch: int) -> None:
        forward(torch.randn(batch, 3, variant.image_size, variant.image_size, device=device))
        timing.synchronize()

    on_gpu = device == "cuda"
    batch = timing.largest_batch(attempt) if on_gpu else batch
    pixel_values = torch.randn(batch, 3, variant.image_size, variant.image_size, device=device)
    timed = timing.measure(lambda: forward(pixel_values), warm_up=1, seconds=1e9 if on_gpu else seconds)
    return {
        "name": name,
        "precision": precision,
        "batch": batch,
        "runs": len(timed.seconds),
        "images_per_second": batch / timed.mean,
        "quartiles": sorted(batch / bound for bound in timed.quartiles),
        "flops_per_image": cost.forward_flops(variant),
        "flops_per_second": cost.forward_flops(variant) * batch / timed.mean,
        "published_v100": variant.published.get("v100", {}).get("images_per_second"),
    }


def autocast(device: str, precision: str) -> contextlib.AbstractContextManager:
    """Return the context in which matrix products run in a lower precision; nothing for fp32."""
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device, PRECISIONS[precision])


if __name__ == "__main__":
    main()

"""Lists, arrays and tensors from any device, all as NumPy arrays."""

import numpy as np
import torch
from numpy.typing import ArrayLike

AnyArray = ArrayLike | torch.Tensor


def to_numpy(values: AnyArray) -> np.ndarray:
    """Return an array of what may be a tensor, on any device, with gradients, in any precision."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        return (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return np.asarray(values)

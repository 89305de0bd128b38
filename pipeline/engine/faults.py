"""Torch's errors in our words: no room, or a device that is lost. What is neither is a fault of ours."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.errors import DeviceLost, OutOfGpuMemory

# A process that has seen one of these sees it again at every call, whatever it does.
_LOST = ("CUDA error", "CUDNN_STATUS_EXECUTION_FAILED", "CUDNN_STATUS_INTERNAL_ERROR")
_NO_ROOM = ("out of memory", "ALLOC_FAILED", "can't allocate memory")


@contextmanager
def named() -> Iterator[None]:
    """Name what torch raises inside. Raises OutOfGpuMemory or DeviceLost."""
    try:
        yield
    except RuntimeError as error:  # torch's own are below it
        said = str(error)
        if isinstance(error, torch.OutOfMemoryError) or any(sign in said for sign in _NO_ROOM):
            raise OutOfGpuMemory from error
        if isinstance(error, torch.AcceleratorError) or any(sign in said for sign in _LOST):
            raise DeviceLost(said.strip().partition("\n")[0]) from error
        raise


def free_memory() -> None:
    """Give back what nobody holds. Only after the handler is left: an exception keeps tensors alive.

    Source: pytorch#18853.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

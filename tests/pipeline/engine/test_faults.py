"""Torch's errors are told apart: no room, a lost device, or a fault of ours.

The messages are those that CUDA builds print; that they still do can only be seen on a device.
"""

import pytest
import torch

from pipeline.engine.faults import free_memory, named
from pipeline.errors import DeviceLost, OutOfGpuMemory


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            OutOfGpuMemory,
            id="CUDA",
        ),
        pytest.param(
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
            OutOfGpuMemory,
            id="cuBLAS",
        ),
        pytest.param(
            torch.AcceleratorError("CUDA error: out of memory"), OutOfGpuMemory, id="driver"
        ),
        pytest.param(
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            OutOfGpuMemory,
            id="CPU",
        ),
        pytest.param(
            torch.AcceleratorError("CUDA error: device-side assert triggered\nmore"),
            DeviceLost,
            id="assert",
        ),
        pytest.param(
            RuntimeError("CUDA error: an illegal memory access was encountered"),
            DeviceLost,
            id="illegal access",
        ),
        pytest.param(
            RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), DeviceLost, id="cuDNN"
        ),
        pytest.param(
            RuntimeError("mat1 and mat2 shapes cannot be multiplied"), RuntimeError, id="ours"
        ),
        pytest.param(ValueError("a wrong value"), ValueError, id="no error of torch"),
    ],
)
def test_an_error_is_told_by_what_can_be_done(error: Exception, expected: type[Exception]) -> None:
    """Less at once helps with the first, a new process with the second, nothing with the third."""
    with pytest.raises(expected) as raised, named():
        raise error

    assert expected is type(raised.value)


def test_a_real_allocation_that_fails_is_named() -> None:
    """What this machine's own allocator says is understood."""
    with pytest.raises(OutOfGpuMemory), named():
        torch.empty(2**55, dtype=torch.uint8)


def test_memory_is_freed_without_a_device() -> None:
    """Freeing works on every machine."""
    free_memory()

"""Which devices multiply in bfloat16 themselves; emulated it is ten times slower than float32."""

import torch

# What torch calls the instructions, on x86 and on Arm.
INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


def multiplies_in_bfloat16(device: torch.device) -> bool:
    """Whether inner sums in bfloat16 are the cheaper ones."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and any(able.get(name, False) for name in INSTRUCTIONS)

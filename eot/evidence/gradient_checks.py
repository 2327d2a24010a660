"""Is the gradient there, true, and worth following? A dead one makes a model look safe."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from eot.evidence.findings import Finding, fail, ok, warn
from eot.loop import gradient
from eot.problem import Problem
from eot.streams import generator_for
from renders.conditions import Condition

# A step of the size that PGD takes: small enough to be a slope, large enough to outdo rounding.
STEP = 4 / 255
RANDOM_STEPS = 8
# More texels than this on one side of a pixel: their average is all that a camera can see.
WASTE = 8.0


def check_gradients(
    problem: Problem,
    image: Float[Tensor, "t c u v"],
    stream: Callable[[int], Condition],
    *,
    mask: Bool[Tensor, "u v"] | None = None,
    batches: int = 8,
) -> tuple[Finding, ...]:
    """Whether the gradient that the attack follows is there, leads downhill and is not mostly noise.

    Args:
        stream: a stream of the training conditions; its first `batches` steps are drawn.
        mask: the texels that the attack may change; all of them when not given.
    """
    samples = torch.stack([gradient(image, problem, stream(i))[0] for i in range(batches)])
    free = torch.ones_like(samples[0, 0, 0], dtype=torch.bool) if mask is None else mask
    return (
        zero_gradients(samples),
        descent(problem, image, stream(0), free),
        unreached_texels(samples, free),
        gradient_noise(samples[..., free]),
    )


def zero_gradients(samples: Float[Tensor, "b t c u v"]) -> Finding:
    """Batches whose gradient is exactly zero: the attack cannot learn from them."""
    dead = (samples.flatten(2).abs().amax(-1) == 0).float().mean().item()
    if dead == 0:
        return ok("gradients", f"none of {len(samples)} batches has a zero gradient.")
    advice = "look for a saturated loss, rounding in the victim, or an article out of the frame."
    return (fail if dead > 0.5 else warn)("gradients", f"{dead:.0%} of batches have none: {advice}")


def descent(
    problem: Problem, image: Float[Tensor, "t c u v"], condition: Condition, free: Bool[Tensor, "u v"]
) -> Finding:
    """A step against the gradient must lower the loss, and by more than blind steps of the same length.

    Where blind search does as well, the gradient is masked and "robust" means nothing (Athalye et al. 2018,
    Obfuscated Gradients, section 3.1). It is tried half-way to grey, where no colour is at its limit.
    """
    inside = free.to(image)
    here = image + inside * (0.5 - image) / 2
    slope, outcome = gradient(here, problem, condition)
    generator = generator_for(0, "blind steps")
    signs = torch.randint(0, 2, (RANDOM_STEPS, *here.shape), generator=generator).to(here) * 2 - 1
    with torch.no_grad():
        before = outcome.loss.mean().item()
        led = before - problem(here - STEP * slope.sign() * inside, condition).loss.mean().item()
        blind = before - min(problem(here + STEP * s * inside, condition).loss.mean().item() for s in signs)
    text = f"a step of 4/255 along the gradient lowers the loss by {led:.3g}"
    advice = "it is masked, or not that of this loss; look for rounding or randomness in the victim."
    if not led > 0:
        return fail("descent", f"a step of 4/255 along the gradient does not lower the loss: {advice}")
    if blind >= led:
        return fail("descent", f"{text}, one of {RANDOM_STEPS} blind steps by {blind:.3g}: {advice}")
    return ok("descent", f"{text}, the best of {RANDOM_STEPS} blind steps by {blind:.3g}.")


def unreached_texels(samples: Float[Tensor, "b t c u v"], mask: Bool[Tensor, "u v"]) -> Finding:
    """Texels that may change but never got gradient: no view shows them."""
    never = (samples.abs().amax((0, 2)) == 0)[:, mask].float().mean().item()
    if never <= 0.01:
        return ok("texels", f"{1 - never:.1%} of the texels got gradient within {len(samples)} batches.")
    advice = "draw more views per step, or check that the mask lies where the camera can see it."
    grade = fail if never > 0.5 else warn
    return grade("texels", f"{never:.1%} of the texels got none in {len(samples)} batches: {advice}")


def gradient_noise(samples: Float[Tensor, "b t *d"]) -> Finding:
    """How far one batch's gradient points along the true one (the mean over all views), as a cosine.

    With S = |E g|^2 and V = E |g - E g|^2 the cosine is about sqrt(S / (S + V)); the mean of b batches
    overestimates S by V / b, which is taken off.
    """
    flat = samples.flatten(2)
    variance = flat.var(0).sum(-1)
    signal = (flat.mean(0).square().sum(-1) - variance / len(flat)).clamp_min(0)
    cosine = (signal / (signal + variance).clamp_min(1e-30)).sqrt().min().item()
    text = f"the gradient of one batch points {cosine:.2f} (cosine) along the mean of all views"
    if cosine < 0.1:
        return warn("gradient noise", f"{text}: take more views per step, or a smaller rate and more steps.")
    return ok("gradient noise", f"{text}.")


def texel_footprint(texels_per_px: Float[Tensor, " p"]) -> Finding:
    """How many texels fall on one pixel's side: detail that no camera resolves is wasted.

    Args:
        texels_per_px: over the covered pixels of some views, see `eot.evidence.footprint`.
    """
    median = texels_per_px.median().item()
    text = f"half of the pixels see more than {median:.1f} texels per side"
    if median > WASTE:
        return warn("footprint", f"{text}: fewer texels do as well and cost less.")
    return ok("footprint", f"{text}.")

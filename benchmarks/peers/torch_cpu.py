#!/usr/bin/env python3
"""Preset `paper` in PyTorch on the CPU, on the networks of torch_step.py, timed as `crossmodal bench` times its own.

    python3 torch_cpu.py                               the GAN-CLS step of batch 64, every mode
    python3 torch_cpu.py --what generate --batch 1     the generator alone, with running statistics and no gradients
    python3 torch_cpu.py --modes compile-float32 --model i2s --threads 1 --steps 20

Every mode gives one line of JSON on standard output, with the names that `bench step` uses, and `mode` besides.
A mode that fails gives a line with `error`, and the others go on.

A mode is RUNNER-PRECISION[-VARIANT ...]:
    eager      op by op
    compile    torch.compile: Inductor writes C++ for whatever is no convolution; the generator alone is frozen, so that its weights are
               packed and its normalization folded into the convolutions once
    float32    float32 throughout
    bf16       bfloat16 by autocast, weights and Adam in float32
    bf16all    networks in bfloat16, normalization's weights and statistics in float32, Adam on float32 copies of all weights
    nchw       channels first; channels last otherwise
    joint      the discriminator's convolutions on real, wrong and fake in one pass; else in three

What someone does who wants PyTorch to be fast is done for every mode: channels last for weights and inputs, the fused Adam, no gradient
for the discriminator's weights in the generator's step, activations in place, fake images made once, denormal numbers taken for zero, and
memory that is kept instead of being returned to the system after every op. Large pages (THP_MEM_ALLOC_ENABLE=1) made it slower.
"""
import argparse
import ctypes
import json
import math
import os
import re
import resource
import statistics
import sys
import time

STEP_MODES = [
    "eager-float32", "eager-float32-nchw", "eager-float32-joint", "compile-float32", "compile-float32-nchw", "compile-float32-joint",
    "eager-bf16", "eager-bf16-nchw", "compile-bf16", "compile-bf16-nchw", "compile-bf16-joint",
    "eager-bf16all", "eager-bf16all-nchw", "compile-bf16all", "compile-bf16all-nchw",
]
GENERATE_MODES = [mode for mode in STEP_MODES if not mode.endswith("joint")]
# As many as `bench step` and `bench generate` take.
WARM_UP = {"step": 3, "generate": 60}


def parse_arguments():
    parser = argparse.ArgumentParser(description="Times CrossModal's preset paper in PyTorch on the CPU.")
    parser.add_argument("--what", choices=["step", "generate"], default="step", help="whole training steps, or the generator alone")
    parser.add_argument("--model", choices=["s2i", "i2s"], default="s2i", help="sound to image, or image to sound (one channel)")
    parser.add_argument("--modes", help="comma-separated; see the text at the head of this file; all by default")
    parser.add_argument("--batch", type=int, default=64, help="pairs in a step, or samples at a time")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads that compute; all cores by default")
    parser.add_argument("--steps", type=int, default=10, help="steps or calls to time; the median counts")
    return parser.parse_args()


def keep_memory():
    """Large arrays come from the heap, which never shrinks: else glibc maps every op's result anew, and the system clears it."""
    trim_threshold, mmap_max = -1, -4
    for parameter, value in ((mmap_max, 0), (trim_threshold, 2**31 - 1)):
        ctypes.CDLL(None).mallopt(parameter, value)


ARGUMENTS = parse_arguments()
keep_memory()

import torch  # noqa: E402 - after the arguments, so that --help needs no PyTorch
import torch.nn.functional as F  # noqa: E402
from torch import _dynamo, _inductor, nn  # noqa: E402
from torch._inductor import cpu_vec_isa  # noqa: E402

from torch_step import CODE, NOISE, SEED, Discriminator, Generator, failure, initialize  # noqa: E402


class Adam:
    """The fused Adam, on float32 copies of those weights that are not float32 themselves."""

    def __init__(self, module):
        self.weights = [weight for weight in module.parameters() if weight.dtype != torch.float32]
        self.masters = [nn.Parameter(weight.detach().float()) for weight in self.weights]
        own = [weight for weight in module.parameters() if weight.dtype == torch.float32]
        self.adam = torch.optim.Adam(own + self.masters, lr=2e-4, betas=(0.5, 0.999), eps=1e-8, fused=True)
        self.zero_grad = module.zero_grad

    def step(self):
        for weight, master in zip(self.weights, self.masters):
            master.grad = weight.grad.float()
        self.adam.step()
        with torch.no_grad():
            for weight, master in zip(self.weights, self.masters):
                weight.copy_(master)


class Work:
    """One mode: networks, optimizers and inputs, and `run`, which is what is timed."""

    def __init__(self, mode):
        runner, self.precision, *variants = mode.split("-")
        if runner not in ("eager", "compile") or self.precision not in ("float32", "bf16", "bf16all") or set(variants) - {"nchw", "joint"}:
            raise ValueError(f"{mode}: no such mode")
        self.mode, self.joint = mode, "joint" in variants
        self.layout = torch.contiguous_format if "nchw" in variants else torch.channels_last
        self.type = torch.bfloat16 if self.precision == "bf16all" else torch.float32
        torch.manual_seed(SEED)
        channels = 1 if ARGUMENTS.model == "i2s" else 3
        self.generator = self.prepare(Generator(channels))
        self.discriminator = self.prepare(Discriminator(self.layout, channels))
        self.generator_adam, self.discriminator_adam = Adam(self.generator), Adam(self.discriminator)
        self.real, self.wrong = (
            self.uniform(ARGUMENTS.batch, channels, 64, 64).to(memory_format=self.layout) for _ in range(2))
        self.code, self.noise = self.uniform(ARGUMENTS.batch, CODE), torch.randn(ARGUMENTS.batch, NOISE, dtype=self.type)
        functions = (self.generator.forward, self.discriminator_loss, self.generator_loss)
        if runner == "compile":
            if not cpu_vec_isa.pick_vec_isa():
                # It would write scalar code, twice as slow as eager, and say nothing.
                raise RuntimeError("Inductor's C++ compiler cannot build vector code here: is a header missing, such as sleef.h?")
            # Freezing needs weights that no longer change.
            _inductor.config.freezing = ARGUMENTS.what == "generate"
            functions = (torch.compile(function, dynamic=False) for function in functions)
        self.make, self.losses_of_discriminator, self.loss_of_generator = functions
        self.losses = []
        self.run = self.step
        if ARGUMENTS.what == "generate":
            self.generator.eval()
            self.run = self.generate

    def prepare(self, module):
        module.apply(initialize).to(self.type)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.float()
        return module.to(memory_format=self.layout)

    def uniform(self, *shape):
        return (torch.rand(*shape) * 2 - 1).to(self.type)

    def autocast(self):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.precision == "bf16")

    def discriminator_loss(self, real, wrong, fake, code):
        if self.joint:
            logits = self.discriminator(torch.cat([real, wrong, fake]), torch.cat([code, code, code]), groups=3).chunk(3)
        else:
            logits = [self.discriminator(images, code) for images in (real, wrong, fake)]
        real_loss, wrong_loss, fake_loss = (bce(x, target) for x, target in zip(logits, (1.0, 0.0, 0.0)))
        return real_loss + (wrong_loss + fake_loss) * 0.5

    def generator_loss(self, fake, code):
        return bce(self.discriminator(fake, code), 1.0)

    def step(self):
        with self.autocast():
            fake = self.make(self.code, torch.randn(ARGUMENTS.batch, NOISE, dtype=self.type))
            self.discriminator.requires_grad_(True)
            loss = self.losses_of_discriminator(self.real, self.wrong, fake.detach(), self.code)
        self.discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator_adam.step()

        # A second autocast: the first one keeps rounded copies of the weights that have just changed.
        self.discriminator.requires_grad_(False)
        with self.autocast():
            other = self.loss_of_generator(fake, self.code)
        self.generator_adam.zero_grad(set_to_none=True)
        other.backward()
        self.generator_adam.step()
        self.losses = [loss.item(), other.item()]

    def generate(self):
        with torch.inference_mode(), self.autocast():
            self.make(self.code, self.noise)

    def measure(self, steps):
        for _ in range(WARM_UP[ARGUMENTS.what]):
            self.run()
        times = []
        for _ in range(steps):
            begin = time.perf_counter()
            self.run()
            times.append((time.perf_counter() - begin) * 1000)
        if not all(map(math.isfinite, self.losses)):
            raise RuntimeError(f"the losses are not finite: {self.losses}")
        median = statistics.median(times)
        return {
            "engine": f"PyTorch {torch.__version__}", "mode": self.mode, "model": ARGUMENTS.model, "device": "cpu",
            "batch": ARGUMENTS.batch, "threads": torch.get_num_threads(), "median_ms": median, "min_ms": min(times),
            "images_per_second": ARGUMENTS.batch * 1000 / median, "gflop_per_step": None, "peak_bytes": None,
            "precision": "float32" if self.precision == "float32" else "bf16", "wall_ms": statistics.fmean(times),
            "computed_by": libraries(), "losses": self.losses,
        }


def bce(logits, target):
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target, dtype=torch.float32))


def libraries():
    """The instructions PyTorch chose, and the files that multiply for it: a PyTorch on the plain reference BLAS is a slower one."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        files = {os.path.basename(line.split()[-1]) for line in maps if "/" in line}
    multiply = sorted(file for file in files if re.match(r"lib(mkl|openblas|blas|blis|dnnl)", file))
    return [f"PyTorch's own kernels, {torch.backends.cpu.get_cpu_capability()}"] + multiply


def main():
    torch.set_num_threads(ARGUMENTS.threads)
    # Before the first parallel loop: its threads inherit this.
    torch.set_flush_denormal(True)
    modes = ARGUMENTS.modes.split(",") if ARGUMENTS.modes else STEP_MODES if ARGUMENTS.what == "step" else GENERATE_MODES
    code = 0
    for mode in modes:
        begin = time.perf_counter()
        _dynamo.reset()
        try:
            record = Work(mode).measure(ARGUMENTS.steps)
            if len(modes) == 1:
                record["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        except Exception as error:  # one mode that this version cannot do must not hide the others
            record, code = failure(mode, ARGUMENTS.batch, error), 1
        print(json.dumps(record), flush=True)
        print(f"{mode}: {time.perf_counter() - begin:.0f} s with what it compiled", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

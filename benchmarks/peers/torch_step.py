#!/usr/bin/env python3
"""One GAN-CLS step of preset `paper` in PyTorch on a GPU, as `crossmodal bench step` times its own: noise, the discriminator on
real, wrong and fake images, its Adam, the generator, its Adam; no data loading.

    python3 torch_step.py --modes eager-float32,graph-bf16 --batches 64 --steps 20
    python3 torch_step.py --check                      a few losses of every mode, which must be finite
    python3 torch_step.py --serve                      prepares all modes, then times one for each line "MODE BATCH" that it reads;
                                                       a mode that is not ready when --setup-seconds are over is given up, the others serve

What nobody reads is not computed here either: the discriminator's weights ask for no gradient in the generator's step, and the
fake images are made once. Every result is one line of JSON with the names that `bench step` uses, and `mode` besides.

A mode is RUNNER-PRECISION[-VARIANT ...]:
    eager      op by op
    graph      op by op, the whole step captured in one CUDA graph
    compile    torch.compile (Inductor), the whole step captured in one CUDA graph
    autotune   the same with mode="max-autotune-no-cudagraphs": Inductor measures several kernels for each product
    overhead   torch.compile with mode="reduce-overhead": Inductor's own CUDA graphs, the optimizers outside of them
    float32    no tensor cores; tf32 on tensor cores; bf16 by autocast, weights and Adam in float32
    nchw       channels first; channels last is what tensor cores want and what is taken otherwise
    joint      the discriminator's convolutions on real, wrong and fake in one pass, each third normalized by itself; else in three passes
"""
import argparse
import json
import math
import signal
import statistics
import sys
import time

# The likeliest to be best stand first: the time may not suffice for all.
DEFAULT_MODES = [
    "graph-bf16", "compile-bf16", "compile-bf16-joint", "graph-tf32", "compile-tf32", "graph-float32", "compile-float32", "graph-bf16-joint",
    "autotune-bf16", "overhead-bf16", "autotune-tf32", "graph-tf32-nchw", "graph-float32-nchw", "eager-bf16", "eager-tf32", "eager-float32",
]
CODE, NOISE, WIDTH, SLOPE, SEED = 64, 10, 64, 0.2, 2017
WARM_UP, GRAPH_WARM_UP = 3, 4


def parse_arguments():
    parser = argparse.ArgumentParser(description="Times the GAN-CLS step of CrossModal's preset paper in PyTorch.")
    parser.add_argument("--modes", default=",".join(DEFAULT_MODES), help="comma-separated; see the text at the head of this file")
    parser.add_argument("--batches", default="64", help="comma-separated pairs in a step")
    parser.add_argument("--steps", type=int, default=20, help="steps to time; the median counts")
    parser.add_argument("--check", action="store_true", help="do not time: print the first losses of each mode, fail if one is not finite")
    parser.add_argument("--serve", action="store_true", help="prepare all modes, then time those that stdin names")
    parser.add_argument("--setup-seconds", type=float, default=1e9, help="with --serve: the time for preparing; what is not ready then is given up")
    parser.add_argument("--json", default=None, help="also append the lines to this file")
    return parser.parse_args()


ARGUMENTS = parse_arguments() if __name__ == "__main__" else None

import torch  # noqa: E402 - after the arguments, so that --help needs no PyTorch
import torch.nn.functional as F  # noqa: E402
from torch import _dynamo, nn  # noqa: E402


class Generator(nn.Module):
    """The sound's code and noise, [batch, 74], to images [batch, channels, 64, 64]."""

    def __init__(self, channels=3):
        super().__init__()
        widths = [WIDTH * 8, WIDTH * 4, WIDTH * 2, WIDTH]
        self.project = nn.Linear(CODE + NOISE, 4 * 4 * widths[0], bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.deconvolutions = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, stride=2, padding=1, bias=b == channels) for a, b in zip(widths, widths[1:] + [channels]))

    def forward(self, code, noise):
        x = self.project(torch.cat([code, noise], 1)).view(-1, WIDTH * 8, 4, 4)
        for norm, deconvolution in zip(self.norms, self.deconvolutions):
            x = deconvolution(F.relu(norm(x), inplace=True))
        return torch.tanh(x)


class Discriminator(nn.Module):
    """Images [groups x batch, channels, 64, 64] and codes [groups x batch, 64] to logits; each group has its own statistics."""

    def __init__(self, layout, channels=3):
        super().__init__()
        self.layout = layout
        widths = [channels, WIDTH, WIDTH * 2, WIDTH * 4, WIDTH * 8]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1, bias=a == channels) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[2:])
        self.mix = nn.Conv2d(WIDTH * 8 + CODE, WIDTH * 8, 1, bias=False)
        self.mix_norm = nn.BatchNorm2d(WIDTH * 8)
        self.score = nn.Conv2d(WIDTH * 8, 1, 4)

    def forward(self, images, code, groups=1):
        x = F.leaky_relu(self.convolutions[0](images), SLOPE, inplace=True)
        for convolution, norm in zip(self.convolutions[1:], self.norms):
            x = F.leaky_relu(normalize(norm, convolution(x), groups), SLOPE, inplace=True)
        repeated = code.view(-1, CODE, 1, 1).expand(-1, -1, 4, 4).contiguous(memory_format=self.layout)
        x = torch.cat([x, repeated], 1)
        x = F.leaky_relu(normalize(self.mix_norm, self.mix(x), groups), SLOPE, inplace=True)
        return self.score(x).flatten()


def normalize(norm, x, groups):
    return norm(x) if groups == 1 else torch.cat([norm(part) for part in x.chunk(groups)])


def initialize(module):
    """DCGAN's first weights, as the C# program draws them (from other random numbers)."""
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
    elif isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class Step:
    """One mode at one batch size: networks, optimizers, inputs, and the step, prepared so far that it can be timed."""

    def __init__(self, mode, batch):
        self.mode, self.batch = mode, batch
        runner, precision, *variants = mode.split("-")
        if runner not in ("eager", "graph", "compile", "autotune", "overhead") or precision not in ("float32", "tf32", "bf16"):
            raise ValueError(f"{mode}: no such mode")
        if set(variants) - {"nchw", "joint"}:
            raise ValueError(f"{mode}: a variant is nchw or joint")
        self.runner, self.precision, self.joint = runner, precision, "joint" in variants
        self.layout = torch.contiguous_format if "nchw" in variants else torch.channels_last
        self.set_precision()
        torch.manual_seed(SEED)
        self.generator = Generator().apply(initialize).cuda().to(memory_format=self.layout)
        self.discriminator = Discriminator(self.layout).apply(initialize).cuda().to(memory_format=self.layout)
        self.generator_adam = self.adam(self.generator)
        self.discriminator_adam = self.adam(self.discriminator)
        self.real, self.wrong = (self.uniform(batch, 3, 64, 64).to(memory_format=self.layout) for _ in range(2))
        self.code = self.uniform(batch, CODE)
        self.scores = torch.zeros(5, device="cuda")
        self.generate, self.discriminator_losses, self.generator_loss = self.make_functions()
        self.run = self.compute
        self.graph = None
        if runner in ("graph", "compile", "autotune"):
            self.capture()
        elif runner == "overhead":
            for _ in range(GRAPH_WARM_UP):
                self.compute()
        torch.cuda.synchronize()

    def set_precision(self):
        allowed = self.precision != "float32"
        torch.backends.cuda.matmul.allow_tf32 = allowed
        torch.backends.cudnn.allow_tf32 = allowed

    @staticmethod
    def adam(module):
        return torch.optim.Adam(module.parameters(), lr=2e-4, betas=(0.5, 0.999), eps=1e-8, fused=True, capturable=True)

    @staticmethod
    def uniform(*shape):
        return torch.rand(*shape, device="cuda") * 2 - 1

    def autocast(self):
        return torch.autocast("cuda", dtype=torch.bfloat16, enabled=self.precision == "bf16")

    def make_functions(self):
        generator, discriminator, joint = self.generator, self.discriminator, self.joint

        def generate(code, noise):
            return generator(code, noise)

        def discriminator_losses(real, wrong, fake, code):
            if joint:
                logits = discriminator(torch.cat([real, wrong, fake]), torch.cat([code, code, code]), groups=3).chunk(3)
            else:
                logits = [discriminator(images, code) for images in (real, wrong, fake)]
            real_loss, wrong_loss, fake_loss = (
                F.binary_cross_entropy_with_logits(x, torch.full_like(x, target)) for x, target in zip(logits, (1.0, 0.0, 0.0)))
            loss = real_loss + (wrong_loss + fake_loss) * 0.5
            return loss, torch.stack([torch.sigmoid(x.detach().float()).mean() for x in logits])

        def generator_loss(fake, code):
            x = discriminator(fake, code)
            return F.binary_cross_entropy_with_logits(x, torch.full_like(x, 1.0))

        options = {"compile": {}, "autotune": {"mode": "max-autotune-no-cudagraphs"}, "overhead": {"mode": "reduce-overhead"}}.get(self.runner)
        functions = (generate, discriminator_losses, generator_loss)
        return functions if options is None else tuple(torch.compile(function, dynamic=False, **options) for function in functions)

    def compute(self):
        if self.runner == "overhead":
            torch.compiler.cudagraph_mark_step_begin()
        with self.autocast():
            fake = self.generate(self.code, torch.randn(self.batch, NOISE, device="cuda"))
            self.discriminator.requires_grad_(True)
            loss, scores = self.discriminator_losses(self.real, self.wrong, fake.detach(), self.code)
        self.discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator_adam.step()

        # A second autocast: the first one keeps rounded copies of the weights that have just changed.
        self.discriminator.requires_grad_(False)
        with self.autocast():
            other = self.generator_loss(fake, self.code)
        self.generator_adam.zero_grad(set_to_none=True)
        other.backward()
        self.generator_adam.step()
        self.scores.copy_(torch.cat([torch.stack([loss.detach().float(), other.detach().float()]), scores]))

    def capture(self):
        # Beside the default stream, as capturing asks; compiling, autotuning and cuDNN's search happen here.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(GRAPH_WARM_UP):
                self.compute()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.compute()
        self.run = self.graph.replay

    def losses(self):
        return self.scores.tolist()

    def measure(self, steps):
        """The median of `steps` whole steps between CUDA events, one after the other without a wait of the host."""
        self.set_precision()
        for _ in range(WARM_UP):
            self.run()
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        events = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
        begin = time.perf_counter()
        events[0].record()
        for event in events[1:]:
            self.run()
            event.record()
        torch.cuda.synchronize()
        wall = (time.perf_counter() - begin) * 1000 / steps
        times = [a.elapsed_time(b) for a, b in zip(events, events[1:])]
        if not all(map(math.isfinite, self.losses())):
            raise RuntimeError(f"the losses are not finite: {self.losses()}")
        median = statistics.median(times)
        return {
            "engine": f"PyTorch {torch.__version__}", "mode": self.mode, "model": "s2i", "device": torch.cuda.get_device_name(), "batch": self.batch,
            "threads": torch.get_num_threads(), "median_ms": median, "min_ms": min(times), "images_per_second": self.batch * 1000 / median,
            "gflop_per_step": None, "peak_bytes": None if ARGUMENTS.serve else torch.cuda.max_memory_reserved(), "wall_ms": wall, "losses": self.losses()[:2],
        }


def say(record):
    line = json.dumps(record)
    print(line, flush=True)
    if ARGUMENTS.json:
        with open(ARGUMENTS.json, "a", encoding="utf-8") as file:
            file.write(line + "\n")


def failure(mode, batch, error):
    return {"mode": mode, "batch": batch, "error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"[:500]}


def prepare(mode, batch):
    begin = time.perf_counter()
    step = Step(mode, batch)
    print(f"prepared {mode} at {batch} in {time.perf_counter() - begin:.1f} s", file=sys.stderr, flush=True)
    return step


def check(modes, batches):
    code = 0
    for mode in modes:
        for batch in batches:
            try:
                step, seen = prepare(mode, batch), []
                for _ in range(3):
                    step.run()
                    seen.append(step.losses()[:2])
                finite = all(math.isfinite(loss) for pair in seen for loss in pair)
                say({"mode": mode, "batch": batch, "finite": finite, "losses": seen})
                code |= not finite
            except Exception as error:  # one mode that this version or card cannot do must not hide the others
                say(failure(mode, batch, error))
                code = 1
    return code


class Late(Exception):
    """The time for preparing is over."""


def ring(*_):
    raise Late("not prepared in time")


def serve(modes, batches):
    begin, steps = time.perf_counter(), {}
    signal.signal(signal.SIGALRM, ring)
    for mode in modes:
        for batch in batches:
            left = ARGUMENTS.setup_seconds - (time.perf_counter() - begin)
            if left <= 0:
                say({"mode": mode, "batch": batch, "error": "not prepared: no time left"})
                continue
            try:
                # A compilation that takes longer than all the time there is must not take the modes that are ready with it.
                signal.setitimer(signal.ITIMER_REAL, min(left, 1e6))
                steps[mode, batch] = prepare(mode, batch)
            except Exception as error:
                say(failure(mode, batch, error))
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    say({"ready": [f"{mode} {batch}" for mode, batch in steps], "setup_seconds": time.perf_counter() - begin})
    for line in sys.stdin:
        if not line.strip():
            break
        mode, batch = line.split()
        try:
            say(steps[mode, int(batch)].measure(ARGUMENTS.steps))
        except Exception as error:
            say(failure(mode, int(batch), error))
    return 0


def once(modes, batches):
    code = 0
    for mode in modes:
        for batch in batches:
            try:
                say(prepare(mode, batch).measure(ARGUMENTS.steps))
            except Exception as error:
                say(failure(mode, batch, error))
                code = 1
    return code


def main():
    if not torch.cuda.is_available():
        print("error: PyTorch sees no GPU", file=sys.stderr)
        return 1
    torch.backends.cudnn.benchmark = True
    for name in ("recompile_limit", "cache_size_limit"):
        # Every mode compiles the same three functions anew.
        if hasattr(_dynamo.config, name):
            setattr(_dynamo.config, name, 256)
            break
    modes = [mode for mode in ARGUMENTS.modes.split(",") if mode]
    batches = [int(batch) for batch in ARGUMENTS.batches.split(",")]
    return (check if ARGUMENTS.check else serve if ARGUMENTS.serve else once)(modes, batches)


if __name__ == "__main__":
    sys.exit(main())

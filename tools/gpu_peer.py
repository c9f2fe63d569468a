#!/usr/bin/env python3
"""Measures PyTorch on a GPU beside dev.mmib.cuda.bench: the same work, shapes and lines of JSON.

    python3 gpu_peer.py FILE [--quick] [--device cpu] [memory] [launch] [attention] [model]

Needs torch alone. Kernels are timed inside a CUDA graph of many calls, since PyTorch's launches alone
take longer than the small ones. Whole models are timed as they are trained: eager with autocast, and by
torch.compile. Texts are not padded, so that attention needs no mask and may use its fastest backend. The
CRF joins neighbouring positions pairwise, log2(tokens) times: faster in PyTorch than a step per token.
"""

import argparse
import contextlib
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

TAGS, FEATURES, SLOTS, DROPOUT = 13, 2048, 5, 0.1


def set_precision(precision):
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


class Timer:
    def __init__(self, device, quick, file):
        self.device, self.quick, self.file = device, quick, file

    def synchronize(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def line(self, what, shape, precision, mode, times, nbytes=0):
        ordered = sorted(times)
        last = len(ordered) - 1
        entry = {
            "by": "torch", "what": what, "shape": shape, "precision": precision, "mode": mode,
            "us": statistics.median(ordered), "low": ordered[last // 4], "high": ordered[last - last // 4],
            "bytes": nbytes,
        }
        self.file.write(json.dumps(entry) + "\n")
        self.file.flush()

    def clock(self, call, calls):
        self.synchronize()
        start = time.perf_counter()
        for _ in range(calls):
            call()
        self.synchronize()
        return (time.perf_counter() - start) * 1e6 / calls

    def kernel_times(self, call):
        """Microseconds a call, several times; in a CUDA graph where there is one."""
        for _ in range(3):
            call()
        if self.device != "cuda":
            return [self.clock(call, 1 if self.quick else 2) for _ in range(3)]
        each = self.clock(call, 10)
        calls = max(1, min(200, int(8000 / each)))
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
            for _ in range(calls):
                call()
        replays = max(1, int(8000 / self.clock(graph.replay, 3)))
        return [self.clock(graph.replay, replays) / calls for _ in range(15)]

    def step_times(self, call):
        """Of calls that end with a number on the host; each by itself."""
        for _ in range(2 if self.quick else 6):
            call()
        return [self.clock(call, 1) for _ in range(2 if self.quick else 15)]


# ---- kernels


def attention(timer):
    heads, dim = (2, 64) if timer.quick else (12, 64)
    batches = [1] if timer.quick else [8, 16, 32, 64]
    lengths = [40] if timer.quick else [80, 128, 256, 512]
    short = 40 if timer.quick else 128
    shapes = [(b, t, t, 0.0) for b in batches for t in lengths]
    shapes += [(b, short, SLOTS, 0.0) for b in batches]
    shapes += [(batches[0] if timer.quick else 32, short, short, DROPOUT)]
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        set_precision(precision)
        for batch, queries, keys, dropout in shapes:
            label = f"{batch}x{heads}x{queries}x{keys}x{dim}"
            measure_attention(timer, precision, dtype, (batch, heads, queries, keys, dim), dropout, label)


def measure_attention(timer, precision, dtype, sizes, dropout, label):
    batch, heads, queries, keys, dim = sizes

    def tensor(length):  # heads lie side by side, as a linear layer leaves them
        x = torch.rand(batch, length, heads, dim, device=timer.device, dtype=dtype) * 2 - 1
        return x.transpose(1, 2).requires_grad_()

    q, k, v = tensor(queries), tensor(keys), tensor(keys)
    dout = torch.rand_like(q).detach()
    best = {}
    for name in ("FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION", "MATH"):
        if not hasattr(SDPBackend, name) or (name == "MATH" and best):  # the last resort
            continue
        try:
            with sdpa_kernel(getattr(SDPBackend, name)):
                def forward():
                    return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)

                with torch.no_grad():
                    times = {"forward": timer.kernel_times(forward)}
                out = forward()
                times["backward"] = timer.kernel_times(
                    lambda: torch.autograd.grad(out, (q, k, v), dout, retain_graph=True))
        except RuntimeError as error:  # this backend does not take these shapes
            print(f"{label} {precision} {name}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        for which, measured in times.items():
            if which not in best or statistics.median(measured) < statistics.median(best[which][1]):
                best[which] = (name, measured)
    for which, (backend, times) in best.items():
        name = f"attention {which}" + (", dropout" if dropout else "")
        timer.line(name, label, precision, backend, times)


def bert_base_sizes():
    hidden, inner = 768, 3072
    sizes = [30522 * hidden, 512 * hidden, 2 * hidden, hidden, hidden]
    for _ in range(12):
        sizes += [hidden * hidden, hidden] * 4 + [inner * hidden, inner, hidden * inner, hidden]
        sizes += [hidden] * 4
    return sizes + [hidden * hidden, hidden]


def memory(timer):
    set_precision("fp32")

    def tensor(*shape):
        return torch.rand(*shape, device=timer.device) * 2 - 1

    def line(what, shape, nbytes, call):
        timer.line(what, shape, "fp32", "", timer.kernel_times(call), nbytes)

    def backward(out, inputs, dout):
        return lambda: torch.autograd.grad(out, inputs, dout, retain_graph=True)

    for rows in [8] if timer.quick else [4096, 131072]:
        x, n = tensor(rows, 768).requires_grad_(), rows * 768
        target, dy = torch.empty_like(x), tensor(rows, 768)
        gamma, beta = tensor(768).requires_grad_(), tensor(768).requires_grad_()
        with torch.no_grad():
            line("copy", f"{rows}x768", 8 * n, lambda: target.copy_(x))
            line("layer norm forward", f"{rows}x768", 8 * n,
                 lambda: F.layer_norm(x, (768,), gamma, beta, 1e-12))
            line("residual + layer norm forward", f"{rows}x768", 16 * n,
                 lambda: F.layer_norm(x + dy, (768,), gamma, beta, 1e-12))
        y = F.layer_norm(x, (768,), gamma, beta, 1e-12)
        line("layer norm backward", f"{rows}x768", 12 * n, backward(y, (x, gamma, beta), dy))
        fewer, cols = rows // (4 if rows > 4096 else 1), 64 if timer.quick else 3072
        x, n = tensor(fewer, cols).requires_grad_(), fewer * cols
        bias, dy = tensor(cols).requires_grad_(), tensor(fewer, cols)
        with torch.no_grad():
            line("bias + GELU forward", f"{fewer}x{cols}", 8 * n, lambda: F.gelu(x + bias))
        y = F.gelu(x + bias)
        line("bias + GELU backward", f"{fewer}x{cols}", 12 * n, backward(y, (x, bias), dy))
        x, n = tensor(rows * 12, 128).requires_grad_(), rows * 12 * 128
        dy = tensor(rows * 12, 128)
        with torch.no_grad():
            line("softmax forward", f"{rows * 12}x128", 8 * n, lambda: torch.softmax(x, -1))
        y = torch.softmax(x, -1)
        line("softmax backward", f"{rows * 12}x128", 12 * n, backward(y, (x,), dy))
        del x, y, dy, target
    sizes = [100, 33] if timer.quick else bert_base_sizes()
    parameters = [nn.Parameter(tensor(size)) for size in sizes]
    for parameter in parameters:
        parameter.grad = tensor(parameter.numel())
    cuda = timer.device == "cuda"
    optimizer = torch.optim.AdamW(parameters, lr=1e-6, weight_decay=0.01, fused=True, capturable=cuda)
    optimizer.step()
    line("AdamW", "bert-base", 28 * sum(sizes), optimizer.step)
    line("gradient norm", "bert-base", 4 * sum(sizes),
         lambda: torch.linalg.vector_norm(torch.stack(torch._foreach_norm([p.grad for p in parameters]))))


def launch(timer):
    x = torch.zeros(4, device=timer.device)
    times = []
    for burst in range(3 if timer.quick else 300):
        timer.synchronize()
        start = time.perf_counter()
        for i in range(400):
            x.fill_(i)
        times.append((time.perf_counter() - start) * 1e6 / 400)
    timer.synchronize()
    timer.line("launch", "4", "fp32", "eager", times[len(times) // 3:])


# ---- the model


class Attention(nn.Module):
    def __init__(self, hidden, heads, bias):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(hidden, hidden, bias=bias) for _ in range(3))
        self.output = nn.Linear(hidden, hidden)

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x, memory):
        out = F.scaled_dot_product_attention(
            self.split(self.query(x)), self.split(self.key(memory)), self.split(self.value(memory)),
            dropout_p=DROPOUT if self.training else 0.0)
        return self.output(out.transpose(1, 2).flatten(2))


class BertLayer(nn.Module):
    def __init__(self, hidden, heads, inner):
        super().__init__()
        self.attention = Attention(hidden, heads, bias=True)
        self.attention_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.intermediate, self.output = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x):
        h = self.attention_norm(x + self.dropout(self.attention(x, x)))
        return self.output_norm(h + self.dropout(self.output(F.gelu(self.intermediate(h)))))


class Bert(nn.Module):
    def __init__(self, words, hidden, layers, heads, inner):
        super().__init__()
        self.words = nn.Embedding(words, hidden, padding_idx=0)
        self.positions, self.types = nn.Embedding(512, hidden), nn.Embedding(2, hidden)
        self.norm, self.dropout = nn.LayerNorm(hidden, eps=1e-12), nn.Dropout(DROPOUT)
        self.layers = nn.ModuleList(BertLayer(hidden, heads, inner) for _ in range(layers))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, ids, types):
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.norm(self.words(ids) + self.types(types) + self.positions(places)))
        for layer in self.layers:
            x = layer(x)
        return x


class Block(nn.Module):
    """The attention block CA of MMIB."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.attention = Attention(hidden, heads, bias=False)
        self.attention_norm, self.output_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dense = nn.Linear(hidden, hidden)

    def forward(self, query, memory):
        h = self.attention_norm(self.attention(query, memory) + query)
        return self.output_norm(self.dense(h) + h)


class VariationalEncoder(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.mean, self.log_variance = Block(hidden, heads), Block(hidden, heads)

    def forward(self, x):
        mu = self.mean(x, x)
        s = self.log_variance(x, x)
        z = mu + torch.exp(0.5 * s) * torch.randn_like(mu) if self.training else mu
        return z, 0.5 * (mu.square() + s.exp() - s - 1).mean()


class Crf(nn.Module):
    def __init__(self, tags):
        super().__init__()
        self.transitions = nn.Parameter(torch.empty(tags, tags).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))

    def forward(self, emissions, tags):
        """The mean of -log p(tags); no text is padded."""
        emissions = emissions.float()
        path = emissions.gather(2, tags[..., None]).sum((1, 2))
        path = path + self.transitions[tags[:, :-1], tags[:, 1:]].sum(1)
        path = path + self.start[tags[:, 0]] + self.end[tags[:, -1]]
        first = self.start + emissions[:, 0]
        chain = self.transitions + emissions[:, 1:, None, :]  # [batch, tokens - 1, from, to]
        while chain.shape[1] > 1:
            odd = chain[:, -1:] if chain.shape[1] % 2 else None
            left, right = chain[:, :chain.shape[1] // 2 * 2:2], chain[:, 1::2]
            chain = torch.logsumexp(left[..., :, :, None] + right[..., None, :, :], dim=-2)
            chain = chain if odd is None else torch.cat((chain, odd), 1)
        last = torch.logsumexp(first[:, :, None] + chain[:, 0], dim=1)
        return (torch.logsumexp(last + self.end, dim=-1) - path).mean()


class Mmib(nn.Module):
    def __init__(self, words, hidden, layers, heads, inner):
        super().__init__()
        self.bert, self.dropout = Bert(words, hidden, layers, heads, inner), nn.Dropout(DROPOUT)
        self.projection = nn.Linear(FEATURES, hidden)
        self.text, self.image = VariationalEncoder(hidden, heads), VariationalEncoder(hidden, heads)
        self.image_from_text, self.text_from_image = Block(hidden, heads), Block(hidden, heads)
        self.discriminator = nn.Linear(2 * hidden, hidden)
        self.head, self.crf = nn.Linear(hidden, TAGS), Crf(TAGS)

    def encode(self, ids, types, features):
        text, kl_text = self.text(self.dropout(self.bert(ids, types)))
        image, kl_image = self.image(self.projection(features))
        fused = self.text_from_image(text, self.image_from_text(image, text))
        return self.head(fused), text, image, kl_text + kl_image

    def emissions(self, ids, types, features):
        return self.encode(ids, types, features)[0]

    def forward(self, ids, types, features, tags):
        emissions, text, image, kl = self.encode(ids, types, features)
        t, v = text[:, 0], image[:, 0]
        own = self.discriminator(torch.cat((t, v), 1)).float()
        other = self.discriminator(torch.cat((t, v.roll(1, 0)), 1)).float()
        alignment = F.softplus(-own).mean() + F.softplus(other).mean()
        return self.crf(emissions, tags) + alignment + kl


def model(timer):
    sizes = (100, 24, 2, 2, 48) if timer.quick else (30522, 768, 12, 12, 3072)
    tokens = 9 if timer.quick else 128
    # Compiling takes a minute each: what matters most comes first, should time run out.
    for mode in ("eager", "compile"):
        for precision in ("bf16", "tf32", "fp32"):
            for batch in [2] if timer.quick else [8, 32]:
                posts = (
                    torch.randint(1, sizes[0], (batch, tokens), device=timer.device),
                    torch.zeros(batch, tokens, dtype=torch.long, device=timer.device),
                    torch.rand(batch, SLOTS, FEATURES, device=timer.device),
                    torch.randint(0, TAGS, (batch, tokens), device=timer.device))
                set_precision(precision)
                try:
                    measure_model(timer, Mmib(*sizes).to(timer.device), posts, precision, mode)
                except Exception as error:  # torch.compile needs a C compiler and Triton
                    print(f"model {precision} {mode}: {type(error).__name__}: "
                          f"{(str(error).splitlines() or [''])[0]}", file=sys.stderr)


def measure_model(timer, network, posts, precision, mode):
    torch.manual_seed(1)
    decays = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decays, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}],
        lr=1e-6, fused=True)
    loss_of, emissions_of = network, network.emissions
    if mode == "compile":
        torch.compiler.reset()  # each shape on its own, none generalized to another
        loss_of = torch.compile(network, dynamic=False)
        emissions_of = torch.compile(network.emissions, dynamic=False)

    def arithmetic():
        if precision == "bf16":
            return torch.autocast(timer.device, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def step():
        optimizer.zero_grad(set_to_none=True)
        with arithmetic():
            loss = loss_of(*posts)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if not torch.isfinite(loss + norm).item():
            raise RuntimeError(f"loss {loss}, norm {norm}")

    def infer():
        with torch.inference_mode(), arithmetic():
            return emissions_of(*posts[:3]).float().cpu()

    shape = f"{posts[0].shape[0]}x{posts[0].shape[1]}"
    timer.line("training step", shape, precision, mode, timer.step_times(step))
    network.eval()
    timer.line("inference", shape, precision, mode, timer.step_times(infer))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("parts", nargs="*", help="memory, launch, attention, model; all if none is named")
    parser.add_argument("--quick", action="store_true", help="small shapes, to see that everything runs")
    parser.add_argument("--device", default="cuda")
    options = parser.parse_intermixed_args()
    torch.manual_seed(1)
    # One stream from beginning to end: gradients run where their forward pass ran, also in a capture.
    stream = torch.cuda.stream(torch.cuda.Stream()) if options.device == "cuda" else contextlib.nullcontext()
    with stream, open(options.file, "a", encoding="utf-8") as file:
        timer = Timer(options.device, options.quick, file)
        for part in (memory, launch, attention, model):
            if not options.parts or part.__name__ in options.parts:
                part(timer)


if __name__ == "__main__":
    main()

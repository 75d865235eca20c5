"""Time one training step of each lesson beside PyTorch: same tokens, sizes, float64, one thread.

    python benchmarks/training_step.py                     every lesson there is
    python benchmarks/training_step.py char_level_lm/01    the lessons whose path begins so

A step is forward pass, backward pass, clipping by the global norm and Adam. The NumPy side is
the notebook's own code: its `define` and `parameters` cells are run, and nothing else. The
PyTorch side is nn.RNN, nn.LSTM or nn.GRU with the output layer, cross_entropy, clip_grad_norm_
and Adam. Over characters its one-hot input is made before the clock starts. Over words both sides
look up embeddings and draw new dropout masks in every step; where the lesson's gradient of the
embeddings is sparse, so is PyTorch's (nn.Embedding(sparse=True) and SparseAdam), and where the
output layer is tied to them, one dense matrix does both on both sides. In translation one batch of
training pairs is read in every step: nn.GRU over packed sequences, a loop of nn.GRUCell where the
decoder looks back (nn.GRU where it does not), attention by the lesson's equations under autograd.
"""

import argparse
import statistics
import sys

from lesson_step import (
    ROOT,
    clock,
    dropout_rates,
    first_network,
    first_params,
    namespace_of,
    numpy_stepper,
    pair_stepper,
    typical_batch,
    windows,
)
from pair_claims import main_options

import numpy as np  # isort: skip  (after lesson_step has set one thread)

try:
    import torch
except ImportError:
    sys.exit("This comparison needs PyTorch: install its CPU build in this environment.")

F = torch.nn.functional
LAYERS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
COLUMNS = (
    "lesson", "sizes", "NumPy ms", "PyTorch ms", "PyTorch / NumPy", "first loss",
    "product GFLOP/s", "NumPy share", "PyTorch share",
)  # fmt: skip
EXPLANATION = """
PyTorch / NumPy: the median over pairs of alternating steps; above 1 the NumPy step is faster.
Times are seconds computed by the process, where the machine has a fine clock for that.
Product: the rate of a 1000 x 1000 float64 matrix product. Share: operations in matrix products
(those with one-hot inputs not counted) per second of the whole step, over that rate."""
OF_CHARACTERS = """\
Over characters, PyTorch's one-hot input is made outside the timed part."""
OF_WORDS = """\
Over words, both sides look up embeddings and draw new masks of dropout in every step; the losses
are compared with the masks left out. PyTorch has no weight drop: W_h is multiplied by a mask and
handed to the layer with torch.func.functional_call. Its clip_grad_norm_ takes no sparse gradients:
they are coalesced and their norm is taken by hand."""
OF_PAIRS = """\
In translation, both sides read one batch of training pairs of middle size, look up embeddings, draw
new masks of dropout in every step, and update the rows that were read; the losses are compared with
the masks left out, to 1e-9. PyTorch's encoder skips padding by packed sequences."""
DIFFERENT_EXPLANATION = """\
The GRU over characters resets the state before the matrix product, PyTorch after it. The two
losses differ by definition and are not compared."""


def lessons(beginnings):
    """Paths of the lessons to time."""
    wanted = tuple(b.removesuffix(".ipynb") for b in beginnings)
    folders = ("char_level_lm", "word_level_lm", "seq_2_seq")
    paths = [p for folder in folders for p in sorted((ROOT / folder).glob("*.ipynb"))]
    return [p for p in paths if not wanted or p.relative_to(ROOT).as_posix().startswith(wanted)]


def copy_of(array):
    """A trainable tensor with the numbers of `array`."""
    return torch.nn.Parameter(torch.tensor(array))


def recurrent_layer(kind, params):
    """PyTorch's layer with the lesson's numbers, its second bias 0 but for the candidate's b_n."""
    H = params["W_h"].shape[1]
    layer = LAYERS[kind](params["W_x"].shape[1], H).double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(params["W_x"]))
        layer.weight_hh_l0.copy_(torch.from_numpy(params["W_h"]))
        layer.bias_ih_l0.copy_(torch.from_numpy(params["b"][:, 0]))
        layer.bias_hh_l0.zero_()
        if "b_n" in params:
            layer.bias_hh_l0[2 * H :] = torch.from_numpy(params["b_n"][:, 0])
    return layer


def over_characters(kind, params):
    """A function that gives loss and state, its dense weights and its sparse ones."""
    layer = recurrent_layer(kind, params)
    W_y, b_y = copy_of(params["W_y"]), copy_of(params["b_y"][:, 0])

    def loss_of(one_hot, targets, state):
        out, state = layer(one_hot, state)
        logits = F.linear(out, W_y, b_y)
        return F.cross_entropy(logits.view(-1, len(b_y)), targets), state

    return loss_of, [*layer.parameters(), W_y, b_y], []


def over_words(kind, params, rates):
    """As `over_characters`, with dropout by `rates` (inputs, outputs, W_h) unless `masks=False`.

    Without a W_y one matrix is embedding and output, and its gradient is dense.
    """
    layer, tied = recurrent_layer(kind, params), "W_y" not in params
    V, E = params["W_emb"].shape
    embedding = torch.nn.Embedding(V, E, sparse=not tied, _weight=torch.tensor(params["W_emb"]))
    b_y = copy_of(params["b_y"][:, 0])
    W_y = embedding.weight if tied else copy_of(params["W_y"])

    def loss_of(inputs, targets, state, masks=True):
        of_inputs, of_outputs, of_weights = rates if masks else (0, 0, 0)
        x, changed = embedding(inputs), {}
        if of_inputs:
            x = F.dropout(x, of_inputs)
        if of_weights:
            changed = {"weight_hh_l0": F.dropout(layer.weight_hh_l0, of_weights)}
        given = (x,) if state is None else (x, state)
        out, state = torch.func.functional_call(layer, changed, given) if changed else layer(*given)
        if of_outputs:
            out = F.dropout(out, of_outputs)
        logits = F.linear(out, W_y, b_y)
        return F.cross_entropy(logits.view(-1, V), targets, ignore_index=-1), state

    dense = [*layer.parameters(), W_y, b_y]
    return loss_of, dense, [] if tied else [embedding.weight]


def gru_of(params, sides, layer, names=("W_x",)):
    """nn.GRU or nn.GRUCell with the lesson's GRUs `sides`; it reads the inputs of all `names`."""
    with torch.no_grad():
        for side, end in zip(sides, ("", "_reverse")):
            end = "" if isinstance(layer, torch.nn.GRUCell) else f"_l0{end}"
            inputs = np.concatenate([params[f"{side}_{name}"] for name in names], axis=1)
            getattr(layer, f"weight_ih{end}").copy_(torch.from_numpy(inputs))
            getattr(layer, f"weight_hh{end}").copy_(torch.from_numpy(params[f"{side}_W_h"]))
            getattr(layer, f"bias_ih{end}").copy_(torch.from_numpy(params[f"{side}_b"][:, 0]))
            second = getattr(layer, f"bias_hh{end}").zero_()
            second[-len(params[f"{side}_b_n"]) :] = torch.from_numpy(params[f"{side}_b_n"][:, 0])
    return layer


def over_pairs(params, rate):
    """As `over_words`, of batches as `torch_batch` gives them; which network, `params` say.

    Lesson 7: one vector for a sentence. Lesson 8: asks, says, updates. Lesson 9 (it has a W_c):
    updates, asks, says.
    """
    nn, (_, E) = torch.nn, params["W_src"].shape
    H, looks_back, asks_after = params["W_y"].shape[1], "v_a" in params, "W_c" in params
    sides = ("enc",) if "enc_W_h" in params else ("enc_fw", "enc_bw")
    encoder = gru_of(params, sides, nn.GRU(E, H, bidirectional=len(sides) == 2).double())
    inputs = ("W_x", "W_u") if "dec_W_u" in params else ("W_x",)
    width = sum(params[f"dec_{name}"].shape[1] for name in inputs)
    decoder = (nn.GRUCell if looks_back else nn.GRU)(width, H).double()
    gru_of(params, ("dec",), decoder, inputs)
    src, tgt = (
        nn.Embedding(*params[name].shape, sparse=True, _weight=torch.tensor(params[name]))
        for name in ("W_src", "W_tgt")
    )
    own = {name: p for name, p in params.items() if name[:4] not in ("enc_", "dec_")}
    own = {name: copy_of(p[:, 0] if p.shape[1] == 1 else p) for name, p in own.items()}
    del own["W_src"], own["W_tgt"]

    def linear(a, weight, bias=None):
        return F.linear(a, own[weight], own.get(bias))

    def look(h, keys, padding, s, weights, places):
        """Weights (B, S) and context of the state `s`, `weights` being those of the step before."""
        scores = torch.tanh(keys + linear(s, "W_a")[:, None]) @ own["v_a"]
        if "shift" in own:
            place = (weights * places).sum(dim=1, keepdim=True)
            off = places - place - own["shift"]
            scores = scores - torch.exp(own["log_kappa"]) * off * off
        weights = torch.softmax(scores.masked_fill(padding, -torch.inf), dim=1)
        return weights, torch.bmm(weights[:, None], h)[:, 0]

    def looking_back(h, padding, s, y):
        """What the output reads, (T, B, H), from places `h` (B, S, 2H) and embeddings `y`."""
        keys, weights = linear(h, "U_a", "b_a"), torch.zeros(padding.shape, dtype=h.dtype)
        places = torch.arange(1, h.shape[1] + 1)
        states, contexts = [], []
        for word in y.unbind():
            s = decoder(word, s) if asks_after else s
            weights, u = look(h, keys, padding, s, weights, places)
            states.append(s)
            contexts.append(u)
            s = s if asks_after else decoder(torch.cat([word, u], dim=1), s)
        s, u = torch.stack(states), torch.stack(contexts)
        if asks_after:
            return torch.tanh(linear(torch.cat([u, s], dim=2), "W_c", "b_c"))
        a_o = linear(s, "U_o") + linear(y, "V_o") + linear(u, "C_o", "b_o")
        return torch.maximum(*a_o.chunk(2, dim=2))

    def loss_of(batch, masks=True):
        def drop(a):
            return F.dropout(a, rate) if masks and rate else a

        packed = nn.utils.rnn.pack_padded_sequence(
            drop(src(batch["src"])), batch["lengths"], enforce_sorted=False
        )
        h, ends = encoder(packed)
        y, s = drop(tgt(batch["tgt_in"])), torch.tanh(linear(ends[-1], "W_s", "b_s"))
        if looks_back:
            h, _ = nn.utils.rnn.pad_packed_sequence(h, batch_first=True)
            shown = looking_back(h, batch["padding"], s, y)
        else:
            x = torch.cat([y, ends.expand(len(y), -1, -1)], dim=2) if len(inputs) == 2 else y
            shown, _ = decoder(x, s[None])
        logits = linear(drop(shown), "W_y", "b_y")
        return F.cross_entropy(logits.flatten(0, 1), batch["tgt_out"].flatten(), ignore_index=-1)

    dense = [*encoder.parameters(), *decoder.parameters(), *own.values()]
    return loss_of, dense, [src.weight, tgt.weight]


def torch_batch(batch):
    """A batch of the lesson's as tensors, with the lengths and padding that PyTorch asks for."""
    found = {name: torch.from_numpy(getattr(batch, name)) for name in ("src", "tgt_in", "tgt_out")}
    found["lengths"] = torch.from_numpy(batch.src_mask.sum(axis=0).astype(int))
    return {**found, "padding": torch.from_numpy(batch.src_mask.T == 0)}


def clip(weights, max_norm):
    """clip_grad_norm_, by hand where a gradient is sparse: on its rows, equal ones summed."""
    if not any(w.grad.is_sparse for w in weights):
        torch.nn.utils.clip_grad_norm_(weights, max_norm)
        return
    for w in weights:
        if w.grad.is_sparse:
            w.grad = w.grad.coalesce()
    parts = [w.grad.values() if w.grad.is_sparse else w.grad for w in weights]
    norm = torch.nn.utils.get_total_norm(parts)
    torch._foreach_mul_(parts, torch.clamp(max_norm / (norm + 1e-6), max=1))


def torch_update(space, dense, sparse):
    """A function that goes back from a loss, clips and updates, and returns the loss's value."""
    rate = space["learning_rate"]
    optimisers = [torch.optim.Adam(dense, lr=rate)]
    optimisers += [torch.optim.SparseAdam(sparse, lr=rate)] if sparse else []

    def update(loss):
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip(dense + sparse, space["clip_norm"])
        for optimiser in optimisers:
            optimiser.step()
        return loss.item()

    return update


def torch_stepper(space, loss_of, dense, sparse):
    """As `numpy_stepper`, in PyTorch."""
    update, state = torch_update(space, dense, sparse), None

    def step(inputs, targets):
        nonlocal state
        loss, state = loss_of(inputs, targets, state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        return update(loss)

    return step


def torch_pair_stepper(space, loss_of, dense, sparse):
    """As `pair_stepper`, in PyTorch."""
    update = torch_update(space, dense, sparse)
    return lambda batch: update(loss_of(batch))


def product_rate(size=1000, repeats=8):
    """Floating-point operations a second of a `size` x `size` float64 product, one thread."""
    a, b = np.random.default_rng(0).normal(size=(2, size, size))
    a @ b
    best = np.inf
    for _ in range(repeats):
        began = clock()
        a @ b
        best = min(best, clock() - began)
    return 2 * size**3 / best


def product_flops(params, seq_len, batch_size):
    """Operations in the matrix products of one step: three for each matrix that meets a state.

    Forward, gradient at the state, gradient of the matrix. What meets one-hot columns (W_x over
    characters, W_emb unless it is the output layer, too) is a look-up: whatever a side spends on
    it counts as time and not as work.
    """
    look_up = "W_x" if "W_emb" not in params else "W_emb" if "W_y" in params else None
    matrices = sum(p.size for name, p in params.items() if min(p.shape) > 1 and name != look_up)
    return 3 * 2 * matrices * seq_len * batch_size


def pair_flops(params, batch):
    """As `product_flops`, of a batch of pairs: encoder, decoder, and the mixing of places."""
    (S, B), T = batch.src.shape, len(batch.tgt_in)
    times = {"W_src": 0, "W_tgt": 0, "W_s": 1, "U_a": S}
    if "U_a" not in params:
        times["dec_W_u"] = 1  # the same context at every step
    matrices = {name: p.size for name, p in params.items() if min(p.shape) > 1}
    counts = (
        size * times.get(name, S if name.startswith("enc_") else T)
        for name, size in matrices.items()
    )
    mixed = S * T * params["U_a"].shape[1] if "U_a" in params else 0
    return 3 * 2 * B * (sum(counts) + mixed)


def timed(sides, pairs):
    """Medians over `pairs` alternating steps of `sides`, (name, step, batches): a dict."""
    times = []
    for n in range(pairs + 5):
        seconds = {}
        for name, step, batches in sides[:: 1 if n % 2 else -1]:
            began = clock()
            step(*batches[n % len(batches)])
            seconds[name] = clock() - began
        if n >= 5:  # the first five warm caches and memory
            times.append(seconds)
    return {
        "numpy": statistics.median(t["numpy"] for t in times),
        "torch": statistics.median(t["torch"] for t in times),
        "ratio": statistics.median(t["torch"] / t["numpy"] for t in times),
    }


def check_losses(path, numpy_loss, torch_loss, tolerance):
    difference = abs(numpy_loss - torch_loss)
    if not difference < tolerance:
        sys.exit(f"{path.name}: first losses differ by {difference:.1e}: not the same network.")
    return f"equal to {tolerance:.0e}".replace("e-0", "e-")


def compare_pairs(path, pairs):
    """As `compare`, of a lesson on translation."""
    space = namespace_of(path)
    batch, vocab_sizes = typical_batch(space)
    options = main_options(path.relative_to(ROOT).with_suffix("").as_posix())
    params, as_tensors = first_network(space, vocab_sizes, options), torch_batch(batch)
    network = over_pairs(params, space["dropout"])
    with torch.no_grad():
        torch_loss = network[0](as_tensors, masks=False).item()
    loss = check_losses(path, space["forward"](params, batch)[0], torch_loss, 1e-9)
    sides = [
        ("numpy", pair_stepper(space, params), [(batch,)]),
        ("torch", torch_pair_stepper(space, *network), [(as_tensors,)]),
    ]
    sizes = {"H": space["hidden_size"], "B": space["batch_size"], "S": len(batch.src)}
    sizes |= {
        "T": len(batch.tgt_in),
        "E": space["embed_size"],
        "V": "/".join(map(str, vocab_sizes)),
    }
    return {
        **timed(sides, pairs),
        "flops": pair_flops(params, batch),
        "sizes": " ".join(f"{letter}={size}" for letter, size in sizes.items()),
        "loss": loss,
    }


def compare(path, kind, hidden_size, pairs):
    """Time `pairs` alternating steps. Returns a dict of medians and what the first losses did."""
    space = namespace_of(path)
    space["hidden_size"] = hidden_size or space["hidden_size"]
    data, counts = windows(space, 20)
    params, of_words = first_params(space, counts), "word_streams" in space
    if of_words:
        network = over_words(kind, params, dropout_rates(space))
        torch_inputs = [torch.from_numpy(inputs) for inputs, _ in data]
    else:
        network = over_characters(kind, params)
        eye = torch.eye(len(counts), dtype=torch.float64)
        torch_inputs = [eye[torch.from_numpy(inputs)] for inputs, _ in data]
    torch_targets = [torch.from_numpy(targets).reshape(-1) for _, targets in data]
    torch_data = list(zip(torch_inputs, torch_targets))
    # The paper's GRU resets the state before the matrix product, PyTorch's after it: they do the
    # same amount of work and compute different functions.
    same_function, loss = kind != "GRU" or of_words, "not compared"
    if same_function:
        state = space["zero_state"](params, space["batch_size"])
        plain = {"masks": False} if of_words else {}
        with torch.no_grad():
            torch_loss = network[0](*torch_data[0], None, **plain)[0].item()
        numpy_loss = space["forward"](params, *data[0], state)[0]
        loss = check_losses(path, numpy_loss, torch_loss, 1e-10)
    sides = [
        ("numpy", numpy_stepper(space, params), data),
        ("torch", torch_stepper(space, *network), torch_data),
    ]
    sizes = {"H": space["hidden_size"], "B": space["batch_size"], "T": space["seq_len"]}
    if of_words:
        sizes["E"] = params["W_emb"].shape[1]
    sizes["V"] = len(counts)
    return {
        **timed(sides, pairs),
        "flops": product_flops(params, space["seq_len"], space["batch_size"]),
        "sizes": " ".join(f"{letter}={size}" for letter, size in sizes.items()),
        "loss": loss,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of lesson paths (default: all)")
    parser.add_argument("--pairs", type=int, default=60, help="timed pairs of steps (default 60)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    paths = lessons(options.lessons)
    if not paths:
        parser.error("no lesson there begins so")
    print(f"NumPy {np.__version__}, PyTorch {torch.__version__}, float64, one thread\n")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    not_compared = False
    for path in paths:
        kind, of_pairs = path.stem.split("_")[1], path.parent.name == "seq_2_seq"
        for hidden_size in (None, 256) if kind in ("LSTM", "GRU") else (None,):
            before = product_rate()
            if of_pairs:
                r = compare_pairs(path, options.pairs)
            else:
                r = compare(path, kind, hidden_size, options.pairs)
            rate = max(before, product_rate())  # the better of two: others may use the machine
            cells = [path.relative_to(ROOT).with_suffix("").as_posix(), r["sizes"]]
            cells += [f"{1e3 * r['numpy']:.2f}", f"{1e3 * r['torch']:.2f}", f"{r['ratio']:.2f}"]
            cells += [r["loss"], f"{rate / 1e9:.1f}"]
            cells += [f"{r['flops'] / r[side] / rate:.2f}" for side in ("numpy", "torch")]
            print("| " + " | ".join(cells) + " |", flush=True)
            not_compared |= r["loss"] == "not compared"
    print(EXPLANATION)
    folders = {path.parent.name for path in paths}
    if "char_level_lm" in folders:
        print(OF_CHARACTERS)
    if "word_level_lm" in folders:
        print(OF_WORDS)
    if "seq_2_seq" in folders:
        print(OF_PAIRS)
    if not_compared:
        print(DIFFERENT_EXPLANATION)


if __name__ == "__main__":
    main()

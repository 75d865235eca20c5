"""PyTorch's side of training_step.py: the same networks and the same step, one thread, float64."""

import numpy as np
import torch
from lesson_step import dropout_rates

torch.set_num_threads(1)

F = torch.nn.functional
LAYERS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}


def described():
    """Version and vector instructions in one line."""
    return f"PyTorch {torch.__version__} ({torch.backends.cpu.get_cpu_capability()})"


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
    updates, asks, says; by the dot or the concat score.
    """
    nn, (_, E) = torch.nn, params["W_src"].shape
    H, asks_after = params["W_y"].shape[1], "W_c" in params
    looks_back = asks_after or "v_a" in params
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
        if "v_a" in own:
            scores = torch.tanh(keys + linear(s, "W_a")[:, None]) @ own["v_a"]
        else:  # dot
            scores = torch.bmm(keys, s[:, :, None])[:, :, 0]
        if "shift" in own:
            place = (weights * places).sum(dim=1, keepdim=True)
            off = places - place - own["shift"]
            scores = scores - torch.exp(own["log_kappa"]) * off * off
        weights = torch.softmax(scores.masked_fill(padding, -torch.inf), dim=1)
        return weights, torch.bmm(weights[:, None], h)[:, 0]

    def looking_back(h, padding, s, y):
        """What the output reads, (T, B, H), from places `h` (B, S, 2H) and embeddings `y`."""
        keys = linear(h, "U_a", "b_a") if "U_a" in own else h[..., :H] + h[..., H:]
        weights = torch.zeros(padding.shape, dtype=h.dtype)
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
    """A function that goes back from a loss, clips and updates, and returns the loss's value.

    Where the lesson lets matrices fade, AdamW does it, and by hand the same for sparse ones.
    """
    rate, decay = space["learning_rate"], space.get("weight_decay", 0)
    optimisers = [torch.optim.Adam(dense, lr=rate)]
    if decay:
        matrices, vectors = (
            [w for w in dense if (w.dim() > 1) is wanted] for wanted in (True, False)
        )
        groups = [{"params": matrices}, {"params": vectors, "weight_decay": 0}]
        optimisers = [torch.optim.AdamW(groups, lr=rate, weight_decay=decay)]
    optimisers += [torch.optim.SparseAdam(sparse, lr=rate)] if sparse else []

    def update(loss):
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip(dense + sparse, space["clip_norm"])
        for optimiser in optimisers:
            optimiser.step()
        if decay:
            with torch.no_grad():
                torch._foreach_mul_(sparse, 1 - rate * decay)
        return loss.item()

    return update


def language_side(space, kind, params, data):
    """The step, its windows, and the first loss with no masks: of `params` and `data` as NumPy's.

    One-hot inputs are made here.
    """
    of_words = "word_streams" in space
    if of_words:
        loss_of, dense, sparse = over_words(kind, params, dropout_rates(space))
        inputs = [torch.from_numpy(ids) for ids, _ in data]
    else:
        loss_of, dense, sparse = over_characters(kind, params)
        eye = torch.eye(len(params["b_y"]), dtype=torch.float64)
        inputs = [eye[torch.from_numpy(ids)] for ids, _ in data]
    windows = list(zip(inputs, [torch.from_numpy(ids).reshape(-1) for _, ids in data]))
    plain = {"masks": False} if of_words else {}
    with torch.no_grad():
        first_loss = loss_of(*windows[0], None, **plain)[0].item()
    update, state = torch_update(space, dense, sparse), None

    def step(inputs, targets):
        nonlocal state
        loss, state = loss_of(inputs, targets, state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        return update(loss)

    return step, windows, first_loss


def pair_side(space, params, batch):
    """As `language_side`, of a lesson on translation and one batch."""
    loss_of, dense, sparse = over_pairs(params, space["dropout"])
    as_tensors = torch_batch(batch)
    with torch.no_grad():
        first_loss = loss_of(as_tensors, masks=False).item()
    update = torch_update(space, dense, sparse)
    return lambda batch: update(loss_of(batch)), [(as_tensors,)], first_loss

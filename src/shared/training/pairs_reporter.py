# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Progress lines, and the numbers to log: nothing in it is needed to follow the lesson
def held_out_loss(params, ids, size=250):
    """Mean loss (nats a target word) of [(source ids, target ids)], the true words fed."""
    total = count = 0
    for begin in range(0, len(ids), size):
        batch = make_batch(ids[begin : begin + size])
        words = batch.tgt_mask.sum()
        total, count = total + forward(params, batch)[0] * words, count + words
    return float(total / count)


def pairs_reporter(params, valid_pairs, valid_ids, tgt_vocab, every, run=None):
    """A function for `train_pairs` to call, and the list it fills: (update, loss, exact match)."""
    curve = []

    def after(n, history, grads):
        values = {name: series[-1] for name, series in history.items()}
        if n % every == 0:
            some = slice(0, 200)
            said = translate_all(params, valid_ids[some], tgt_vocab)
            loss = held_out_loss(params, valid_ids)
            curve.append((n, loss, exact_match(said, valid_pairs[some])))
            print(f"update {n:5d}   train {values['loss']:.2f}   valid {loss:.2f} nats a word   "
                  f"exactly right {curve[-1][2]:.0%}")
            arrays = {f"parameter/{k}": p for k, p in params.items()}
            arrays.update({f"gradient/{k}": g for k, g in grads.items()})
            track(run, {**values, "valid_loss": loss}, arrays, [" ".join(said[0])], step=n)
        else:
            track(run, values, step=n)

    return after, curve

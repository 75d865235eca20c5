# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Progress lines, and the numbers to log: nothing in it is needed to follow the lesson
def of_words(scores, tokens):
    """Of the `scores` (N - 1,) of `tokens[1:]`, those that count: all but the scores of `<bos>`."""
    return scores[tokens[1:] != BOS]


def reporter(params, valid_tokens, vocab, every, run=None):
    """A function for `train` to call after each update, and the list it fills: (update, perplexity)."""
    curve, began = [], time.monotonic()

    def after(n, history, grads):
        values = {name: series[-1] for name, series in history.items()}
        if values["loss"] > 100 * np.log(len(vocab)):
            raise FloatingPointError(f"The loss is {values['loss']:.3g} at update {n}: "
                                     "try a lower learning_rate or clip_norm.")
        minutes = (time.monotonic() - began) / 60 * 1000 / n
        if n == 3 and minutes > 10:
            print(f"1,000 updates take about {minutes:.0f} minutes with {len(vocab):,} different "
                  "words: set steps lower to wait less.")
        if n % every == 0:
            scores = of_words(evaluate(params, valid_tokens), valid_tokens)
            curve.append((n, perplexity(scores)))
            print(f"update {n:5d}   train {np.exp(values['loss']):5.3g}   "
                  f"valid {curve[-1][1]:5.3g}   gradient norm {values['norm']:.2f}")
            arrays = {f"parameter/{k}": p for k, p in params.items()}
            arrays.update({f"gradient/{k}": g for k, g in grads.items()})
            sample = generate(params, "", 40, vocab, sampler(np.random.default_rng(n))) if run else ""
            track(run, {**values, "valid_perplexity": curve[-1][1]}, arrays, [sample], step=n)
        else:
            track(run, values, step=n)

    return after, curve

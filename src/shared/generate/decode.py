# %% tags=["define"] part="greedy"
def greedy(params, src, src_mask, limit):
    """Translate a batch, the likeliest word each time.

    src (S, B) and its mask -> ids (T, B) and alignment (T, S, B). Stops when
    all have said `<eos>`, at the latest after `limit` words.
    """
    memory = encode(params, src, src_mask)
    state, tokens = start_state(params, memory), np.full(src.shape[1], BOS)
    said, seen, going = [], [], np.ones(src.shape[1], bool)
    while going.any() and len(said) < limit:
        logits, state, alignment = decoder_step(params, tokens, state, memory)
        tokens = np.where(going, logits.argmax(axis=0), EOS)
        said.append(tokens)
        seen.append(alignment)
        going &= tokens != EOS
    return np.array(said), np.array(seen)

# %% tags=["define", "hide-input"] part="many" jupyter={"source_hidden": true} cellView="form"
#@title Translating many sentences: nothing in it is needed to follow the lesson
def translate_all(params, pairs, tgt_vocab, limit=80, size=250):
    """Greedy translations of [(source ids, target ids)], as lists of words, in their order."""
    order = np.argsort([len(source) for source, _ in pairs], kind="stable")
    found = [None] * len(pairs)
    for begin in range(0, len(order), size):
        part = order[begin : begin + size]
        batch = make_batch([pairs[i] for i in part])
        said, _ = greedy(params, batch.src, batch.src_mask, min(limit, 2 * len(batch.src) + 5))
        for column, i in zip(said.T, part):
            ends = np.flatnonzero(column == EOS)
            column = column[: ends[0]] if len(ends) else column
            found[i] = [tgt_vocab[token] for token in column]
    return found

# %% tags=["define"] part="beam"
def beam(params, src, width, limit, power=1.0):
    """The best translation of one sentence that a beam of `width` finds.

    `src` (S, 1). A translation is scored by its log-probability over its
    length to the `power` (1: the mean a word). Returns (ids, score,
    alignment (T, S)); the greedy translation is always among those compared.
    """
    memory = encode(params, src, np.ones(src.shape))
    live = [([], 0.0, start_state(params, memory), [])]
    done = [finish_greedy(params, src, memory, limit, power)]
    for _ in range(limit):
        grown = []
        for words, score, state, seen in live:
            tokens = np.array([words[-1] if words else BOS])
            logits, new, row = decoder_step(params, tokens, state, memory)
            log_p = log_softmax(logits[None])[0, :, 0]
            for token in np.argsort(-log_p, kind="stable")[:width]:
                grown.append(([*words, int(token)], score + log_p[token],
                              new, [*seen, row[:, 0]]))
        grown.sort(key=lambda path: -path[1])
        for words, score, _, seen in grown[:width]:
            if words[-1] == EOS:
                done.append((words, score / len(words) ** power, seen))
        live = [path for path in grown[:width] if path[0][-1] != EOS]
        if not live:
            break
    words, score, seen = max(done, key=lambda path: path[1])
    return words, score, np.array(seen)

# %% tags=["define", "hide-input"] part="beam" jupyter={"source_hidden": true} cellView="form"
#@title The greedy translation and its score, for comparison with the beam's
def finish_greedy(params, src, memory, limit, power):
    """The greedy translation of one sentence as a path of `beam`: (ids, score, alignment rows)."""
    state, words, score, seen = start_state(params, memory), [], 0.0, []
    for _ in range(limit):
        tokens = np.array([words[-1] if words else BOS])
        logits, state, row = decoder_step(params, tokens, state, memory)
        log_p = log_softmax(logits[None])[0, :, 0]
        words.append(int(log_p.argmax()))
        score += log_p.max()
        seen.append(row[:, 0])
        if words[-1] == EOS:
            break
    return words, score / len(words) ** power, seen

# %% tags=["define", "hide-input"] part="translate" jupyter={"source_hidden": true} cellView="form"
#@title One sentence, for trying out
def translate(params, words, src_vocab, tgt_vocab, width=1):
    """Translate a list of `words` by a beam of `width` (1: greedily).

    Returns (words, alignment (T, S)); the last column is `<eos>`'s. A word
    that `src_vocab` has not got is read as `<unk>`, and a line says so.
    """
    new = [word for word in words if word not in src_vocab]
    if new:
        print("Not in the vocabulary, read as <unk>:", ", ".join(new))
    src = np.append(encode_words(words, src_vocab), EOS)[:, None]
    said, _, seen = beam(params, src, width, 2 * len(src) + 5)
    return [tgt_vocab[token] for token in said if token != EOS], seen

# %% tags=["define"]
def generate(params, prompt, length, vocab, choose=np.argmax):
    """Prose: the string `prompt`, continued by at most `length` words.

    Reading starts at `<bos>`, writing stops at `<eos>`. A word that is not in
    `vocab` is read as `<unk>`, and a line says so. `choose` picks an id from
    logits (V,), in which `<bos>` and `<unk>` are ruled out.
    """
    words, state = tokenize(prompt), zero_state(params, 1)
    new = [word for word in words if word not in vocab]
    if new:
        print("Not in the vocabulary, read as <unk>:", ", ".join(new))
    for token in [BOS, *encode_words(words, vocab)]:       # read the prompt
        logits, state = step(params, np.array([token]), state)
    for _ in range(length):                                # then its own words
        logits[[BOS, UNK]] = -np.inf
        token = int(choose(logits[:, 0]))
        if token == EOS:
            break
        words.append(vocab[token])
        logits, state = step(params, np.array([token]), state)
    return detokenize(words)

# %%
known_words = set(train_text.split())
for name, choice in ways.items():
    choose = sampler(np.random.default_rng(seed), **choice)
    words = generate(params, opening, 1500, vocab, choose).split()[1:-1]
    real = np.mean([word in known_words for word in words]) if words else 0.0
    print(f"{name:18s} {real:.0%} of the words occur in the training fables")

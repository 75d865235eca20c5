# %%
opening = "The fox " if set("The fox ") <= set(vocab) else text[:8]
ways = {"temperature 1": {}, "temperature 0.6": {"temperature": 0.6},
        "top-k, k = 5": {"top_k": 5}, "nucleus, p = 0.8": {"top_p": 0.8}}
print("[likeliest]", generate(params, opening, 160, vocab), sep="\n")
for name, choice in ways.items():
    choose = sampler(np.random.default_rng(seed), **choice)
    print(f"\n[{name}]",
          generate(params, opening, 160, vocab, choose), sep="\n")

# %%
opening = "The fox said" if "fox" in vocab else vocab[3]
ways = {"temperature 1": {}, "temperature 0.6": {"temperature": 0.6},
        "top-k, k = 20": {"top_k": 20}, "nucleus, p = 0.8": {"top_p": 0.8}}
print("[likeliest]", generate(params, opening, 40, vocab), sep="\n")
for name, choice in ways.items():
    choose = sampler(np.random.default_rng(seed), **choice)
    print(f"\n[{name}]",
          generate(params, opening, 40, vocab, choose), sep="\n")

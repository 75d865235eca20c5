# %%
my_beginning = "Once upon a time a frog"      # change it, run the cell again
my_beginning = "".join(c for c in my_beginning if c in vocab) or opening
choose = sampler(np.random.default_rng(seed), top_p=0.8)
print(generate(params, my_beginning, 200, vocab, choose))

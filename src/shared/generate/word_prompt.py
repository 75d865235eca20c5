# %%
my_beginning = "Once upon a time a frog"      # change it, run the cell again
choose = sampler(np.random.default_rng(seed), top_p=0.8)
print(generate(params, my_beginning, 60, vocab, choose))

# %% tags=["train"]
crow = load_text("thirsty_crow.txt")
crow_vocab = sorted(set(crow))
crow_streams = make_streams(encode(crow, crow_vocab), batch_size=1, seq_len=100)
crow_params = init_params(vocab_size=len(crow_vocab), hidden_size=96,
                          rng=np.random.default_rng(seed))
_ = train(crow_params, crow_streams, 800, 1e-2, 100)
told = generate(crow_params, crow[0], len(crow) - 1, crow_vocab)
crow_is_word_for_word = told == crow
print(told[:100], "...")
print("word for word:", crow_is_word_for_word)

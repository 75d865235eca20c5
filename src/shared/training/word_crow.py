# %% tags=["train"]
crow = load_text("thirsty_crow.txt")
crow_vocab = make_vocab(tokenize(crow), least=1)
crow_streams = word_streams(encode_fables(crow, crow_vocab), 1, 40)
crow_params = init_params(vocab_size=len(crow_vocab), embed_size=48,
                          hidden_size=48, rng=np.random.default_rng(seed))
_ = train(crow_params, crow_streams, 250, 1e-2, 40, update=sparse_adam_step)
told = generate(crow_params, "", 300, crow_vocab)
crow_is_word_for_word = told == detokenize(tokenize(crow.strip("\n")))
print(told[:100], "...")
print("word for word:", crow_is_word_for_word)

# %% tags=["train"]
rng = np.random.default_rng(seed)
untrained = init_params(
    vocab_size=V, hidden_size=hidden_size, rng=rng, dtype=dtype)
params = {name: p.copy() for name, p in untrained.items()}
run = start_tracking(log_to_wandb, settings)
report, valid_curve = reporter(
    params, valid_tokens, vocab, max(steps // 6, 1), run)
history = train(params, streams, steps, learning_rate, seq_len, clip_norm,
                regularised(dropout, weight_drop, rng), after=report,
                beta2=beta2)
finish_tracking(run)

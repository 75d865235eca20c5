# %%
train_text, valid_text, test_text = split_text(text)
vocab = make_vocab(tokenize(train_text))
train_tokens, valid_tokens, test_tokens = (
    encode_fables(part, vocab) for part in (train_text, valid_text, test_text))
streams = word_streams(train_tokens, batch_size, seq_len)
print(f"{len(vocab):,} words in the vocabulary; training {len(train_tokens):,}, "
      f"validation {len(valid_tokens):,}, test {len(test_tokens):,} tokens; "
      f"inputs {streams[0].shape}")
for name, tokens in (("training", train_tokens), ("validation", valid_tokens)):
    print(f"unknown in the {name} fables: {np.mean(tokens == UNK):.1%}")

# %%
text = load_text(corpus)
vocab = sorted(set(text))
train_text, valid_text, test_text = split_text(text)
train_tokens, valid_tokens, test_tokens = (
    encode(part, vocab) for part in (train_text, valid_text, test_text))
streams = make_streams(train_tokens, batch_size, seq_len)
print(f"{len(vocab)} different characters; training {len(train_text):,}, "
      f"validation {len(valid_text):,}, test {len(test_text):,}; "
      f"inputs {streams[0].shape}")

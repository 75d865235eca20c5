# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title The story, line by line, its errors in brackets
story = in_split(pairs, "story") or in_split(pairs, "test")[:10]
for pair in story:
    words, _ = translate(params, pair.source, src_vocab, tgt_vocab)
    spans = difflib.SequenceMatcher(a=pair.target, b=words).get_opcodes()
    marked = [" ".join(words[i:j]) if kind == "equal" else
              f"[{' '.join(words[i:j]) or '…'}]" for kind, _, _, i, j in spans]
    print(*pair.source, "\n  ", *marked)
told = [translate(params, pair.source, src_vocab, tgt_vocab)[0]
        for pair in story]
print(f"\nexactly right: {exact_match(told, story):.0%} of {len(story)} lines")

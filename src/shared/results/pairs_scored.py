# %% tags=["hide-input"] part="scored" jupyter={"source_hidden": true} cellView="form"
#@title Which sentences are reported, and a network's scores by split
if os.environ.get("LESSON_CHOOSING"):  # while one chooses, the test sentences stay unread
    reported = ("valid", "novel odd", "long odd")
else:
    reported = ("test", "novel even", "long even")
held_out = {name: in_split(pairs, name) for name in reported if in_split(pairs, name)}
held_out_ids = {name: pair_ids(some, src_vocab, tgt_vocab) for name, some in held_out.items()}


def scored(p, label):
    """Print and return exact match by split; the translations too."""
    exact, said = {}, {}
    for name, some in held_out.items():
        said[name] = translate_all(p, held_out_ids[name], tgt_vocab)
        exact[name] = exact_match(said[name], some)
        print(f"{label:8s} {name:10s} exactly right {exact[name]:6.1%}, "
              f"BLEU {bleu(said[name], some):.1f}")
    return exact, said

# %% tags=["define", "hide-input"] part="length" jupyter={"source_hidden": true} cellView="form"
#@title Drawing: exact match by length
def draw_by_length(ways, title):
    """Curves of `ways`, {name: {length: share}}; prints them."""
    fig, ax = plt.subplots(figsize=(7, 3.4))
    for (name, shares), (colour, style) in zip(ways.items(), STYLES):
        ax.plot([np.nan if v is None else v for v in shares.values()], "o" + style, color=colour,
                label=name)
        print(f"{name:18s}", *(f"{length}: {'none' if v is None else format(v, '.0%')}  "
                               for length, v in shares.items()))
    ax.set(xticks=range(len(LENGTHS)), xticklabels=list(shares), xlabel="words of the source",
           ylabel="exactly right", ylim=(0, 1.03), title=title)
    ax.legend()

# %% tags=["hide-input"] part="looks" jupyter={"source_hidden": true} cellView="form"
#@title Scoring the weights against the gold links
def looks(p, label, names=reported):
    """Print and return the scores of the weights of `p`, by split."""
    found = {}
    for name in names:
        if linked and name in held_out:
            found[name] = alignment_scores(p, held_out[name], held_out_ids[name], size=50)
            print(f"{label:8s} {name:10s}", *(f"{k} {v:.2f}  " for k, v in found[name].items()))
    if not linked:
        print("This corpus has no links: nothing to compare the weights with.")
    return found

# %% tags=["define", "hide-input"] part="phenomena" jupyter={"source_hidden": true} cellView="form"
#@title Finding a short sentence for each phenomenon
def crossing(pair, span):
    """Whether two sure links cross, their words `span` places apart on either side."""
    return any((j + span, t - span) in pair.sure for j, t in pair.sure)


def first_word_of(pair, words, partners, ahead):
    """Whether a target word of `words` is linked to one of `partners` and stands `ahead` of a verb."""
    return any(pair.target[t] in words and pair.source[j] in partners
               and any(k < j and u == t + ahead for k, u in pair.sure) for j, t in pair.sure)


PHENOMENA = {
    "adjective after its noun": lambda p: crossing(p, 1) and "'s" not in p.source,
    "ne … pas": lambda p: "pas" in p.target and "not" in p.source,
    "object pronoun before its verb": lambda p: first_word_of(
        p, {"le", "la", "les", "l'"}, {"it", "them"}, 1),
    "possession, turned round": lambda p: "'s" in p.source,
    "relative clause": lambda p: {"qui", "que", "qu'"} & set(p.target) and "that" in p.source,
    "gender told by a later noun": lambda p: any(
        a == "la" and b in {"petite", "grande", "grosse", "belle", "vieille", "jeune", "jolie"}
        for a, b in zip(p.target, p.target[1:])),
}


def shortest_with(has, some):
    """The shortest pair of `some` that `has` the phenomenon, or None."""
    found = [pair for pair in some if has(pair)]
    return min(found, key=lambda p: (len(p.source) + len(p.target), p.number)) if found else None

# %% tags=["hide-input"] part="examples" jupyter={"source_hidden": true} cellView="form"
#@title One short sentence for each phenomenon
examples = {}
if linked:
    for name, has in PHENOMENA.items():
        kept = [p for p in held_out[reported[0]] if p not in examples.values()]
        if pair := shortest_with(has, kept):
            examples[name] = pair
else:
    examples = dict(enumerate(next(iter(held_out.values()))[:6]))
print(len(examples), "sentences")

# %% tags=["hide-input"] part="draw" jupyter={"source_hidden": true} cellView="form"
#@title Drawing: attention and gold links in six sentences
def draw_examples(p):
    """Six panels; prints how many of each sentence's words have their largest weight on a link."""
    fig, axes = plt.subplots(3, 2, figsize=(7.4, 10.5))
    for ax, (name, pair) in zip(axes.flat, examples.items()):
        weights = attention_on(p, pair, src_vocab, tgt_vocab)
        alignment_panel(ax, weights, [*pair.source, "<eos>"], [*pair.target, "<eos>"], pair.sure,
                        pair.possible, str(name))
        hits = [(int(weights[t].argmax()), t) in pair.sure | pair.possible
                for t in range(len(pair.target))]
        print(f"{name}: {sum(hits)} of {len(hits)} words look at a partner")
    for ax in axes.flat[len(examples):]:
        ax.axis("off")

# %% tags=["define", "hide-input"] part="code" jupyter={"source_hidden": true} cellView="form"
#@title Words of four kinds, to look at: not needed to follow the lesson
GROUPS = {
    "animals": "fox wolf lion crow dog mouse donkey goat bear frog",
    "verbs": "said asked went came took saw sat ran stood gave",
    "pronouns": "he she they i you we him her them who",
    "prepositions": "in on under behind into from over through by with",
}


def groups_in(vocab):
    """{kind: its words that `vocab` has}; two kinds by frequency where it has too few."""
    found = {kind: [w for w in words.split() if w in vocab] for kind, words in GROUPS.items()}
    if min(map(len, found.values())) > 2:
        return found
    return {"frequent": vocab[3:13], "less frequent": vocab[13:23]}


def neighbours(rows, words, vocab):
    """For each word, the others of `vocab` in the order of the cosine between their `rows`."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    found = {}
    for word in words:
        cosine = unit @ unit[vocab.index(word)]
        found[word] = [vocab[i] for i in np.argsort(-cosine, kind="stable") if vocab[i] != word]
    return found


def share_of_own_kind(rows, groups, vocab):
    """How many words of `groups` have one of their own kind as the nearest of all of them."""
    words = [word for kind in groups.values() for word in kind]
    if len(words) < 2:
        return 0.0
    nearest = neighbours(rows[[vocab.index(word) for word in words]], words, words)
    kind_of = {word: kind for kind, some in groups.items() for word in some}
    return float(np.mean([kind_of[word] == kind_of[nearest[word][0]] for word in words]))

def apart_by(places, width, height, rounds=300):
    """`places` (N, 2) with labels of this size pushed apart, so that they can be read."""
    places = places.copy()
    for _ in range(rounds):
        gap = places[:, None] - places[None]                       # (N, N, 2)
        near = (np.abs(gap[..., 0]) < width) & (np.abs(gap[..., 1]) < height)
        np.fill_diagonal(near, False)
        way = np.where(gap[..., 1] != 0, np.sign(gap[..., 1]), 1)
        places[:, 1] += 0.1 * height * (near * way).sum(axis=1)
    return places

# %% tags=["hide-input"] part="map" jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Two maps of forty words in two dimensions: before training the kinds are mixed, after training animals, verbs, pronouns and prepositions lie apart."}}
#@title Drawing: a map of the rows, before and after training
groups = groups_in(vocab)
words = [word for kind in groups.values() for word in kind]
fig, axes = plt.subplots(2, 1, figsize=(7.4, 8.4))
apart = {}
for ax, (name, p) in zip(axes, (("before training", untrained), ("after training", params))):
    rows = p["W_emb"][[vocab.index(word) for word in words]]
    rows = rows - rows.mean(axis=0)
    U, size, _ = np.linalg.svd(rows, full_matrices=False)
    places = np.pad(U * size, ((0, 0), (0, 2)))[:, :2]  # the two widest directions
    spread = np.ptp(places, axis=0)
    places = apart_by(places, 0.09 * spread[0], 0.05 * spread[1])
    ax.plot(*places.T, ".", markersize=1, color="white")
    for word, place in zip(words, places):
        kind = next(k for k, kind in enumerate(groups.values()) if word in kind)
        shown = "".join(map(visible, word))
        ax.text(*place, shown, color=STYLES[kind][0], ha="center", va="center", fontsize=12,
                style="italic" if kind % 2 else "normal", weight="bold" if kind > 1 else "normal")
    apart[name] = share_of_own_kind(p["W_emb"], groups, vocab)
    ax.set(title=name, xticks=[], yticks=[])
for kind, (colour, _) in zip(groups, STYLES):
    axes[0].plot([], [], "s", color=colour, label=kind)
axes[0].legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.01))
plt.show()
for name, value in apart.items():
    print(f"{name}: the nearest of the {len(words)} words is of the same kind for {value:.0%}")

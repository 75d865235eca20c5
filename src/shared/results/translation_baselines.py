# %% tags=["define", "hide-input"] part="words" jupyter={"source_hidden": true} cellView="form"
#@title Word by word: each word's most frequent linked translation, in the source's order
def word_table(pairs):
    """{source word: its most frequent linked target word} of training `pairs` with links."""
    counts = defaultdict(Counter)
    for pair in pairs:
        for i, j in pair.sure:
            counts[pair.source[i]][pair.target[j]] += 1
    return {word: min(seen, key=lambda w: (-seen[w], w)) for word, seen in counts.items()}


def word_by_word(pairs, table):
    """Translations of `pairs`: every source word that `table` has, one after the other."""
    return [[table[word] for word in pair.source if word in table] for pair in pairs]

# %% tags=["define", "hide-input"] part="phrases" jupyter={"source_hidden": true} cellView="form"
#@title A phrase table: the longest runs of words that training sentences translate as a block
def phrase_table(pairs, longest=7):
    """{run of source words: its most frequent target run} whose links form a block."""
    counts = defaultdict(Counter)
    for pair in pairs:
        ahead, back = defaultdict(list), defaultdict(list)
        for j, t in pair.sure | pair.possible:
            ahead[j].append(t)
            back[t].append(j)
        for i in range(len(pair.source)):
            low, high = len(pair.target), -1
            for k in range(i, min(i + longest, len(pair.source))):
                low, high = min([low, *ahead[k]]), max([high, *ahead[k]])
                inside = [j for t in range(low, high + 1) for j in back[t]]
                if high >= 0 and min(inside) >= i and max(inside) <= k:
                    run = tuple(pair.source[i : k + 1])
                    counts[run][tuple(pair.target[low : high + 1])] += 1
    return {run: min(seen, key=lambda words: (-seen[words], words)) for run, seen in counts.items()}


def by_phrases(pairs, table, longest=7):
    """Translations of `pairs`: from the left, always the longest run that `table` has."""
    found = []
    for pair in pairs:
        words, i = [], 0
        while i < len(pair.source):
            for k in range(min(len(pair.source), i + longest), i, -1):
                if tuple(pair.source[i:k]) in table:
                    words += table[tuple(pair.source[i:k])]
                    break
            i = max(k, i + 1)
        found.append(words)
    return found

# %% tags=["define", "hide-input"] part="code" jupyter={"source_hidden": true} cellView="form"
#@title What a word model leaves open, in nats: the spelling of new words, and the capitals
def spelling_cost(train_words, valid_words, words, vocab):
    """Nats to spell those of `words` that are not in `vocab`, by a table of counts of characters.

    The table is fitted on the training words that occur once; its order is chosen on `valid_words`.
    """
    known, counts = set(vocab), Counter(train_words)
    spelled = ["\n".join(["", *some, ""]) for some in (
        [word for word in train_words if counts[word] == 1],
        [word for word in valid_words if word not in known],
        [word for word in words if word not in known])]
    letters = sorted(set("".join(spelled)))
    rare, chosen_on, new = (encode(part, letters) for part in spelled)
    if min(map(len, (rare, chosen_on, new))) < 2:
        return 0.0
    model, _, factor = best_ngram(rare, chosen_on, len(letters))
    return float(-score_ngram(model, new, factor).sum())


def shapes(text):
    """For each word of `text`: the word, where it stands (0, or 1 at a beginning), its capitals."""
    found, begins = [], 1
    for word in tokenize(text, lower=False):
        shape = (0 if word == word.lower() else 1 if word == word.capitalize() else 2)
        found.append((word.lower(), begins, shape))
        if word.isalnum() or {"'", "\u2019"} & set(word[1:]):
            begins = 0
        elif word in list('.!?\n"'):
            begins = 1
    return found


def capitals_cost(train_text, text):
    """Nats to say of each word of `text` whether it has capitals, given the word and its place."""
    by_place, by_word = Counter(), Counter()
    for word, begins, shape in shapes(train_text):
        by_place[begins, shape] += 1
        by_word[word, begins, shape] += 1
    nats = 0.0
    for word, begins, shape in shapes(text):
        in_place = sum(by_place[begins, s] for s in range(3))
        seen = sum(by_word[word, begins, s] for s in range(3))
        p = (by_place[begins, shape] + 1) / (in_place + 3)
        nats -= np.log((by_word[word, begins, shape] + 2 * p) / (seen + 2))
    return float(nats)

# %% tags=["hide-input"] part="show" jupyter={"source_hidden": true} cellView="form"
#@title From words to characters: what it costs to code the test fables, capitals and all
spelling = spelling_cost(tokenize(train_text), tokenize(valid_text), tokenize(test_text), vocab)
capitals = capitals_cost(train_text, test_text)
per_character = 1 / np.log(2) / (len(test_text) - 1)   # nats of the whole to bits a character
letters = sorted(set(text))
train_letters, valid_letters, test_letters = (
    encode(part, letters) for part in (train_text, valid_text, test_text))
counts_of_letters, _, letters_factor = best_ngram(train_letters, valid_letters, len(letters))
in_bits = {
    "words": -test_scores[0].sum() * per_character,
    "spelling of new words": spelling * per_character,
    "capitals": capitals * per_character,
}
in_bits[f"{network} of words in all"] = sum(in_bits.values())
in_bits["the table of characters"] = bits(
    score_ngram(counts_of_letters, test_letters, letters_factor))
for name, value in in_bits.items():
    print(f"{name:26s} {value:.3f} bits per character")

# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Check of the knobs: nothing in it is needed to follow the lesson
# Names stand in `globals()` in the order in which they were first set: the knobs, and what
# papermill may have put after them, lie between the first knob and the first module imported.
assigned = list(globals())
assigned = assigned[assigned.index("corpus") : assigned.index("os")]
assigned = [name for name in assigned if not name.startswith("_")]


def check_knobs(knobs, shipped):
    """Whether `knobs`, {name: value}, are those of `shipped`, logging aside.

    Raises ValueError for a name that is not in `shipped`, one that is missing, and a value
    with which the lesson cannot work.
    """
    def number(value, *kinds):
        return isinstance(value, (int, np.integer, *kinds)) and not isinstance(value, bool)

    def real(value):
        return number(value, float, np.floating)

    size = "a whole number, 1 or more", lambda v: number(v) and v >= 1
    share = "a number, at least 0 and below 1", lambda v: real(v) and 0 <= v < 1
    above = "a number above 0", lambda v: real(v) and 0 < v < np.inf
    decay = "a number, at least 0 and below 10", lambda v: real(v) and 0 <= v < 10
    rules = {
        "corpus": ("the name of a text file", lambda v: isinstance(v, str) and v.strip() != ""),
        "seed": ("a whole number, 0 or more", lambda v: number(v) and v >= 0),
        "embed_size": size, "hidden_size": size, "batch_size": size, "seq_len": size,
        "steps": size,
        "learning_rate": above, "beta2": share, "dropout": share, "weight_drop": share,
        "dropout_in": share, "dropout_out": share, "weight_decay": decay,
        "clip_norm": (above[0] + ", or None", lambda v: v is None or above[1](v)),
        "dtype": ("'float64' or 'float32'", lambda v: v in ("float64", "float32")),
        "log_to_wandb": ("True or False", lambda v: isinstance(v, bool)),
    }
    for name in [*knobs, *shipped]:
        if name not in shipped:
            near = difflib.get_close_matches(name, shipped, n=1, cutoff=0)[0]
            raise ValueError(f"This lesson has no knob {name}: if you mean {near}, write {near}, "
                             "restart the kernel and run all cells.")
        if name not in knobs:
            raise ValueError(f"The knob {name} is not set: set it, for example to {shipped[name]!r}.")
        wanted, fits = rules.get(name, ("", lambda v: True))
        if not fits(knobs[name]):
            raise ValueError(f"{name} is {knobs[name]!r}: set it to {wanted}.")
    return all(knobs[name] == shipped[name] for name in shipped if name != "log_to_wandb")

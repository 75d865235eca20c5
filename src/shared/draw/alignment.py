# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Drawing helper: attention as a matrix, the gold links marked
def alignment_panel(ax, weights, source, target, sure=(), possible=(), title=""):
    """Shade `weights` (T, S) on `ax`; a frame round each gold link, dashed if it is possible only."""
    ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for links, style in ((sure, "-"), (possible, (0, (2, 1.2)))):
        for j, t in links:
            ax.add_patch(plt.Rectangle((j - 0.42, t - 0.42), 0.84, 0.84, fill=False, ec=ORANGE,
                                       lw=1.6, ls=style))
    ax.set_xticks(range(len(source)), source, rotation=90, fontsize=10)
    ax.set_yticks(range(len(target)), target, fontsize=10)
    ax.grid(False)
    ax.set_title(title, fontsize=12)


def attention_on(params, pair, src_vocab, tgt_vocab):
    """The weights (T, S) with which `pair`'s own translation is read, `<eos>`'s row the last."""
    batch = make_batch(pair_ids([pair], src_vocab, tgt_vocab))
    return forward(params, batch)[1].alignment[:, :, 0]

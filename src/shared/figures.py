# %% tags=["define"]
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#8E4A8A", "#555555"
STYLES = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"), (GREY, "-")]
plt.rcParams.update({
    "figure.figsize": (7, 3.4), "figure.dpi": 80, "figure.facecolor": "white",
    "savefig.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False,
    "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.grid": True, "grid.alpha": 0.25, "legend.frameon": False, "font.size": 10,
    "axes.prop_cycle": plt.cycler(color=[c for c, _ in STYLES])
    + plt.cycler(linestyle=[s for _, s in STYLES]),
})


def baseline(ax, value, name):
    """Draw a dashed horizontal line at `value` on `ax`, with its name at its right end."""
    ax.axhline(value, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
    ax.text(1.01, value, name, va="center", fontsize=8.5, color=GREY,
            transform=ax.get_yaxis_transform())


# %% tags=["define"]
def colour_text(ax, text, weights, columns=72, colour=BLUE):
    """Write `text` on `ax` as a grid of characters, each shaded by its weight in [0, 1]."""
    for i, (character, weight) in enumerate(zip(text, weights)):
        row, column = divmod(i, columns)
        ax.add_patch(plt.Rectangle((column, -row - 0.5), 1, 1, fc=colour, alpha=0.85 * weight))
        shown = {"\n": "\u21b5", " ": "\u00b7"}.get(character, character)
        ax.text(column + 0.5, -row, shown, ha="center", va="center", family="monospace",
                fontsize=8, color="white" if weight > 0.65 else "black")
    ax.set(xlim=(0, columns), ylim=(-((len(text) - 1) // columns) - 0.7, 0.7))
    ax.axis("off")

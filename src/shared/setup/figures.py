# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Figure style: nothing in it is needed to follow the lesson
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#8E4A8A", "#555555"
STYLES = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"), ("black", "-"),
          ("#56B4E9", "--"), ("#A6761D", "-.")]
plt.rcParams.update({
    "figure.figsize": (7, 3.6), "figure.dpi": 80, "figure.facecolor": "white",
    "savefig.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False,
    "axes.titlesize": 13, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.grid": True, "grid.alpha": 0.25, "legend.frameon": False, "font.size": 12,
    "legend.fontsize": 11, "figure.constrained_layout.use": True,
    "axes.prop_cycle": plt.cycler(color=[c for c, _ in STYLES])
    + plt.cycler(linestyle=[s for _, s in STYLES]),
})
if "get_ipython" in globals():  # twice the pixels, for dense screens
    get_ipython().run_line_magic("config", "InlineBackend.figure_format = 'retina'")


def baseline(ax, value, name, **place):
    """Draw a dashed horizontal line at `value` on `ax`, its `name` written at its right end."""
    ax.axhline(value, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
    ax.text(1.01, value, name, va="center", fontsize=11, color=GREY,
            transform=ax.get_yaxis_transform(), **place)


MONO = plt.matplotlib.font_manager.get_font(plt.matplotlib.font_manager.findfont("monospace"))


def visible(character):
    """`character` as figures write it: marks for space and line end, a box where the font has none."""
    mark = {"\n": "\u21b5", " ": "\u00b7"}.get(character, character)
    return mark if MONO.get_char_index(ord(mark)) else "\u25a1"


def colour_text(ax, text, weights, columns=56, colour=BLUE):
    """Write `text` on `ax` as a grid of characters, each shaded by its weight in [0, 1]."""
    for i, (character, weight) in enumerate(zip(text, weights)):
        row, column = divmod(i, columns)
        ax.add_patch(plt.Rectangle((column, -row - 0.5), 1, 1, fc=colour, alpha=0.6 * weight))
        ax.text(column + 0.5, -row, visible(character), ha="center", va="center", family="monospace",
                fontsize=11, color="black")
    ax.set(xlim=(0, columns), ylim=(-((len(text) - 1) // columns) - 0.7, 0.7))
    ax.axis("off")


def shade_key(fig, low, high, colour=BLUE):
    """Say under the figure what a white and what a full shade of `colour` mean."""
    for x, alpha, word in ((0.02, 0.0, low), (0.52, 0.6, high)):
        fig.text(x, -0.02, "    ", fontsize=11, va="top",
                 bbox=dict(fc=(*plt.matplotlib.colors.to_rgb(colour), alpha), ec=GREY))
        fig.text(x + 0.06, -0.02, word, fontsize=11, va="top")

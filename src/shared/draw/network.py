# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Drawing helper: nothing in it is needed to follow the lesson
def canvas(title, width, height, panels=("",), columns=1):
    """Axes measured in inches, one for each panel of `width` x `height`, under a `title`."""
    rows = -(-len(panels) // columns)
    fig = plt.figure(figsize=(width * columns, height * rows + 0.35), layout="none")
    fig.text(0.1 / fig.get_figwidth(), 1, title, va="top", fontsize=15, weight="bold")
    share = height / fig.get_figheight()
    for k, name in enumerate(panels):
        place = (k % columns / columns, (rows - 1 - k // columns) * share, 1 / columns, share)
        ax = fig.add_axes(place, xlim=(0, width), ylim=(0, height))
        ax.axis("off")
        ax.text(0.15, height - 0.12, name, va="top", fontsize=13, weight="bold")
        if name:                                      # a thin frame round a panel with a name
            ax.add_patch(plt.Rectangle((0.04, 0.04), width - 0.08, height - 0.08, fc="none",
                                       ec="0.8"))
    return fig.axes


def box(ax, x, y, text, colour=GREY, width=0.62, height=0.44, fill=False, circle=False, size=15):
    """A box or circle with `text`, its middle at (x, y); return what `arrow` must know of it."""
    tint = colour + "30" if fill else "white"         # so a filled box needs a colour as "#rrggbb"
    style = dict(fc=tint, ec=colour, lw=2.2 if fill else 1.3, zorder=3)
    ax.add_patch(plt.Circle((x, y), height / 2, **style) if circle else plt.Rectangle(
        (x - width / 2, y - height / 2), width, height, joinstyle="round", **style))
    ax.text(x, y, text, ha="center", va="center_baseline", fontsize=size, zorder=4)
    return x, y, height if circle else width, height, circle


def arrow(ax, start, end, label="", side="on", road=False, colour=None, via=(), shift=(0, 0),
          at=0.5, width=None, size=14):
    """An arrow from box (or point) to box, border to border; dashed for a `road` of the gradient.

    `via` are corners on the way; `shift` moves both ends aside, for two arrows beside each other.
    The `label` stands "on" the line or at a `side` of it, `at` that part of the way.
    """
    colour, width = colour or (ORANGE if road else GREY), width or (2.2 if road else 1.5)
    points = np.array([start[:2], *via, end[:2]], float)
    points[[0, -1]] += shift
    for node, i, j in ((start, 0, 1), (end, -1, -2)):
        if len(node) > 2:                             # walk along the line until the box ends
            line = points[i] + np.linspace(0, 1, 2000)[:, None] * (points[j] - points[i])
            off = np.abs(line - node[:2]) / np.array(node[2:4]) * 2
            points[i] = line[((np.hypot(*off.T) if node[4] else off.max(axis=1)) <= 1.001).sum()]
    steps = np.diff(points, axis=0)
    walked = np.append(0, np.cumsum(np.hypot(*steps.T)))
    tip = steps[-1] / (walked[-1] - walked[-2])
    ax.plot(*np.vstack([points[:-1], points[-1] - 0.1 * tip]).T, color=colour, lw=width,
            ls=(0, (3, 1.6)) if road else "-", solid_capstyle="butt")
    ax.annotate("", points[-1], points[-1] - 0.01 * tip, arrowprops=dict(
        arrowstyle="-|>,head_length=10,head_width=4.5", mutation_scale=1, color=colour,
        shrinkA=0, shrinkB=0, lw=0.5))
    x, y = (np.interp(at * walked[-1], walked, values) for values in points.T)
    dx, dy = dict(on=(0, 0), left=(-1, 0), right=(1, 0), above=(0, 1), below=(0, -1))[side]
    ax.text(x + 0.1 * dx, y + 0.07 * dy, label, ha=("center", "left", "right")[dx], color=colour,
            va=("center", "bottom", "top")[dy], fontsize=size, zorder=2.5,
            bbox=dict(fc="white", ec="none", pad=1.5))

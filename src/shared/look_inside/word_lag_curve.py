# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Length of the gradient of the last loss by lag in words, before and after training: medians and quartiles over windows."}}
#@title The gradients by lag, and their drawing
windows = word_streams(valid_tokens, 64, min(40, (len(valid_tokens) - 1) // 64))
lag_inputs, lag_targets = (side[:40] for side in windows)
by_lag = {name: last_loss_gradients(p, lag_inputs, lag_targets)
          for name, p in (("before training", untrained), ("after training", params))}
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.4), sharey=True)
states_drawn, left = "hc" if network == "LSTM" else "h", {}
for ax, (name, gradients) in zip(axes, by_lag.items()):
    for symbol, gradient, (colour, style) in zip(states_drawn, gradients, STYLES):
        low, middle, high = quartiles_by_lag(gradient)
        ax.semilogy(middle, style, color=colour, label=rf"$\partial L_T/\partial {symbol}_t$")
        ax.fill_between(np.arange(len(low)), low, high, color=colour, alpha=0.2)
        left[name, symbol] = middle[min(20, len(middle) - 1)] / max(middle[0], 1e-30)
    ax.set(title=name, xlabel="lag $T-t$ (words)")
axes[0].set_ylabel("length")
axes[0].legend()
plt.show()
for (name, symbol), ratio in left.items():
    print(f"{name}: at lag 20, {ratio:.1g} of the gradient is left at {symbol} (median)")
lag_gradients = {name: gradients[len(states_drawn) - 1] for name, gradients in by_lag.items()}

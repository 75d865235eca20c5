# %% tags=["hide-input"] jupyter={"source_hidden": true} cellView="form" mystnb={"image": {"alt": "Training and validation loss in nats a word against the update, and the share of validation sentences translated exactly."}}
#@title Drawing: loss and exact match during training
if not valid_curve:  # training was interrupted before the first line
    valid_curve.append((len(history["loss"]), held_out_loss(params, valid_ids), 0.0))
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.4))
at, losses, exact = np.transpose(valid_curve)
axes[0].plot(np.arange(1, len(history["loss"]) + 1), history["loss"], color=BLUE, alpha=0.45,
             linewidth=0.6, label="training, each batch")
axes[0].plot(at, losses, "o-", color=ORANGE, label="validation")
axes[0].set(xlabel="update", ylabel="nats a word", yscale="log", title="Loss, true words fed")
axes[0].legend()
axes[1].plot(at, exact, "o-", color=ORANGE)
axes[1].set(xlabel="update", ylim=(0, 1), title="Exactly right, own words read")
plt.show()
print(f"last validation loss {losses[-1]:.2g} nats a word, exactly right {exact[-1]:.0%}")

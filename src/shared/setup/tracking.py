# %% tags=["define", "hide-input"] jupyter={"source_hidden": true} cellView="form"
#@title Logging to Weights & Biases, a service that records training runs: off unless asked for
def start_tracking(wanted, settings):
    """Start a Weights & Biases run with `settings` as its configuration; None if off or failing.

    It goes online if there is a login and the network answers, else into a folder `wandb`.
    """
    if not wanted:
        return None
    try:
        import wandb

        known = wandb.setup().settings
        netrc = Path(os.environ.get("NETRC", "~/.netrc")).expanduser()
        logged_in = known.api_key or (netrc.is_file() and "wandb" in netrc.read_text())
        mode = os.environ.get("WANDB_MODE", "online" if logged_in else "offline")
        if mode == "online":
            try:
                urllib.request.urlopen(known.base_url, timeout=5).close()
            except OSError:
                mode = "offline"
        quiet = wandb.Settings(silent=True, console="off", x_disable_stats=True)
        return wandb.init(project="recurrent-networks", config=settings, mode=mode, settings=quiet)
    except Exception as error:
        print(f"Training goes on without logging ({type(error).__name__}: {error}).")
        return None


def track(run, values, arrays=None, samples=None, step=None):
    """Log numbers, histograms of `arrays` and a table of text `samples`; never raises."""
    if run is None:
        return
    try:
        import wandb

        values = dict(values)
        for name, array in (arrays or {}).items():
            values[name] = wandb.Histogram(np.asarray(array).ravel())
        if samples:
            values["samples"] = wandb.Table(columns=["sample"], data=[[s] for s in samples])
        run.log(values, step=step)
    except Exception as error:
        print(f"Not logged ({type(error).__name__}: {error}).")


def finish_tracking(run):
    """Close the run, if there is one; never raises."""
    try:
        if run is not None:
            run.finish()
    except Exception as error:
        print(f"The log was not closed ({type(error).__name__}: {error}).")

// Where the time of a run went: each moment counts once, for the model while a request is open,
// else for tools while one is at work, else for waiting while an approval is pending.

export class TimeAccount {
  #open = { model: 0, tool: 0, waiting: 0 };
  #since = null;
  #spent = { model: 0, tool: 0, waiting: 0 };

  /// So much more (or less) of a kind is open from this moment on.
  change(kind, by, now) {
    this.#settle(now);
    this.#open[kind] += by;
  }

  /// {model, tool, waiting} in ms up to this moment.
  until(now) {
    this.#settle(now);
    return this.#spent;
  }

  #settle(now) {
    const since = this.#since ?? now;
    if (!(now > since)) {
      this.#since = since;
      return;
    }
    this.#since = now;
    const { model, tool, waiting } = this.#open;
    const kind = model > 0 ? "model" : tool > 0 ? "tool" : waiting > 0 ? "waiting" : null;
    if (kind) this.#spent[kind] += now - since;
  }
}

// What plays a recorded session: start, stop, where it is, and how fast.
import { count, duration } from "../model/format.js";
import { SPEEDS } from "../model/player.js";
import { button, h, setText } from "./dom.js";

const STEPS = 1000;

function speedName(speed) {
  return speed === Infinity ? "as fast as possible" : `${speed}×`;
}

export class PlayerBar {
  #player;
  #drawn = "";
  #dragged = false;
  #frame = 0;
  #play;
  #slider;
  #speed;
  #pauses;
  #time = h("span", { className: "player__time" });
  #events = h("span", { className: "player__events" });

  constructor(context) {
    this.#player = context.player;
    this.#play = button("Play", () => this.#player.toggle(), { className: "button player__play" });
    this.#slider = h("input", {
      type: "range",
      className: "player__slider",
      min: 0,
      max: STEPS,
      step: 1,
      value: 0,
      "aria-label": "Where the replay is",
      oninput: () => this.#drag(),
      onchange: () => (this.#dragged = false),
    });
    this.#speed = h("select", {
      className: "field",
      "aria-label": "Speed",
      onchange: () => this.#player.setSpeed(SPEEDS[this.#speed.selectedIndex]),
    }, SPEEDS.map((speed) =>
      h("option", { selected: speed === this.#player.speed }, speedName(speed))));
    this.#pauses = h("input", {
      type: "checkbox",
      checked: this.#player.shorten,
      onchange: () => this.#player.setShorten(this.#pauses.checked),
    });
    this.element = h("section", { className: "player", "aria-label": "Replay" },
      this.#stepButton("⇤", "To the beginning", () => this.#player.seek(0)),
      this.#stepButton("‹", "One event back", () => this.#player.step(-1)),
      this.#play,
      this.#stepButton("›", "One event on", () => this.#player.step(1)),
      this.#slider, this.#time, this.#events, this.#speed,
      h("label", { className: "player__pauses", title: "Pauses longer than 2 s are played as 2 s" },
        this.#pauses, "Shorten pauses"));
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
  }

  focus() {
    this.#play.focus({ preventScroll: true });
  }

  update() {
    const player = this.#player;
    const whole = duration(player.duration_ms);
    const now = duration(Math.min(player.elapsed_ms, player.duration_ms));
    const key = `${player.playing}|${player.position}|${now}|${whole}|${player.speed}`;
    if (player.playing) this.#again();
    const at = String(Math.round(player.fraction * STEPS));
    if (!this.#dragged && this.#slider.value !== at) this.#slider.value = at;
    if (key === this.#drawn) return;
    this.#drawn = key;
    setText(this.#play, player.playing ? "Pause" : player.ended ? "Play again" : "Play");
    this.#slider.setAttribute("aria-valuetext", `${now} of ${whole}`);
    setText(this.#time, `${now} / ${whole}`);
    setText(this.#events, `${count(player.position)} of ${count(player.size)} events`);
  }

  // While it plays the time goes on without an event too.
  #again() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.update());
  }

  #drag() {
    this.#dragged = true;
    this.#player.seek(Number(this.#slider.value) / STEPS);
  }

  #stepButton(text, label, run) {
    return button(text, run, { className: "icon-button", "aria-label": label, title: label });
  }
}

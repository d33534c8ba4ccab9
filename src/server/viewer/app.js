// The page as a whole: what the address names is shown, the list of sessions or one session.
import { formatRoute, parseRoute } from "./route.js";
import { h, replaceChildren, toggleClass } from "./view/dom.js";
import { copyText, LiveRegion } from "./view/live_region.js";
import { SessionView } from "./view/session_view.js";
import { SessionsView, WelcomeView } from "./view/sessions_view.js";

// Browsers take only so many changes of the address in a time (a key that is held makes more).
const ADDRESS_PERIOD_MS = 120;

export class App {
  #root;
  #embedded;
  #address = location.hash; // what is shown; the browser's address may be a little behind
  #addressTimer = 0;
  #page = null;
  #pageKey = "";
  #region = new LiveRegion();
  #main = h("div", { className: "app" });
  #list = null; // beside every page, but not in an exported file

  constructor(root, embedded) {
    this.#root = root;
    this.#embedded = embedded;
  }

  start() {
    replaceChildren(this.#root, this.#main, this.#region.elements);
    if (!this.#embedded) this.#list = new SessionsView(this.#tools());
    this.#list?.start();
    addEventListener("hashchange", () => {
      this.#address = location.hash;
      this.#show();
    });
    this.#show();
  }

  #route() {
    const route = parseRoute(this.#address);
    if (!this.#embedded) return route;
    const session = String(this.#embedded.session.id ?? "session");
    if (route.page === "session") return { ...route, session };
    return parseRoute(formatRoute({ page: "session", session }));
  }

  // change: members of the route that become others; an own history entry unless replace.
  #go(change, { replace = true } = {}) {
    const route = { ...this.#route(), ...change };
    const address = formatRoute(route);
    if (address === this.#address) return;
    this.#address = address;
    if (replace) this.#writeAddressSoon();
    else history.pushState(null, "", address);
    this.#show();
  }

  #writeAddressSoon() {
    if (this.#addressTimer !== 0) return;
    const written = this.#address;
    history.replaceState(null, "", written);
    this.#addressTimer = setTimeout(() => {
      this.#addressTimer = 0;
      if (this.#address !== written) this.#writeAddressSoon();
    }, ADDRESS_PERIOD_MS);
  }

  #tools() {
    return {
      go: (change, options) => this.#go(change, options),
      address: () => location.href.split("#")[0] + this.#address,
      announce: (text) => this.#region.announce(text),
      toast: (text) => this.#region.toast(text),
      copy: (text, what) => copyText(text, what, this.#region),
    };
  }

  #show() {
    const route = this.#route();
    const key = route.page === "session" ? `s/${route.session}` : "sessions";
    if (key !== this.#pageKey) {
      const before = this.#page;
      const hadFocus = before?.element.contains(document.activeElement);
      before?.dispose();
      this.#pageKey = key;
      this.#page =
        route.page === "session"
          ? new SessionView(route, this.#tools(), this.#embedded)
          : new WelcomeView(this.#tools());
      if (before) before.element.replaceWith(this.#page.element); // the list keeps its focus
      else replaceChildren(this.#main, this.#list?.element, this.#page.element);
      toggleClass(this.#main, "app--session", route.page === "session");
      this.#page.start();
      if (hadFocus) this.#page.focus?.();
    }
    this.#page.show(route);
    this.#list?.show(route);
  }
}

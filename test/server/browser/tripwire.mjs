// Runs on the page before its own scripts: notes what must never happen there, as window.tripwire.
// Given as a function to addInitScript, so it uses nothing from outside of itself.
export function tripwire() {
  const counts = new Map();
  const found = [];
  const note = (kind, what) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (found.length < 50) found.push(`${kind}: ${String(what).slice(0, 300)}`);
  };
  window.fired = () => note("fired", new Error().stack);
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
    window[name] = () => note("fired", name);
  }
  addEventListener("error", (event) => event.message && note("error", event.message));
  addEventListener("unhandledrejection", (event) => note("error", event.reason));
  document.addEventListener("securitypolicyviolation", (event) =>
    note("policy", `${event.violatedDirective} ${event.blockedURI} ${event.sample}`));

  // The page is built of these alone; its own script, styles and policy are in the head.
  const known = new Set(("html head body title main nav header footer section article aside div span p h1 h2 h3 h4 ul ol li " +
    "dl dt dd pre code mark strong em b s del ins kbd button input textarea select option optgroup label details summary " +
    "progress dialog form fieldset legend table thead tbody tr td th hr br time noscript small").split(" "));
  const ownAttribute = (element, name) =>
    !/^on/.test(name) && !["href", "src", "srcdoc", "action", "formaction", "data", "xlink:href", "background", "poster", "is"].includes(name) &&
    (name !== "style" || !/url|expression|@import/i.test(element.getAttribute("style")));
  const look = (element) => {
    if (document.head?.contains(element)) return;
    const name = element.localName;
    const data = name === "script" && element.id === "strandbus-data" && element.type === "application/json";
    const own = name === "script" && element.parentNode === document.body && document.readyState === "loading";
    if (data || own) return;
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" || !known.has(name)) note("element", element.outerHTML);
    for (const attribute of element.getAttributeNames()) {
      if (!ownAttribute(element, attribute)) note("attribute", `${name} ${attribute}=${element.getAttribute(attribute)}`);
    }
  };
  const lookBelow = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    look(node);
    for (const one of node.querySelectorAll("*")) look(one);
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "attributes") look(target);
      for (const node of addedNodes) lookBelow(node);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });

  window.tripwire = {
    found: () => [...found],
    count: (kind) => counts.get(kind) ?? 0,
    kinds: () => Object.fromEntries(counts),
  };
}

// Builds DOM out of plain values. Text becomes text nodes and nothing else, whatever it holds.

const PROPERTIES = new Set([
  "className", "checked", "disabled", "hidden", "htmlFor", "id", "indeterminate", "max", "min",
  "open", "placeholder", "readOnly", "rows", "selected", "spellcheck", "step", "tabIndex", "title",
  "type", "value",
]);

function setOne(element, name, value) {
  if (value === undefined || value === null) return;
  if (name.startsWith("on")) {
    if (typeof value !== "function") throw new TypeError(`${name} must be a function`);
    element.addEventListener(name.slice(2), value);
  } else if (name === "dataset") {
    for (const [key, text] of Object.entries(value)) element.dataset[key] = text;
  } else if (name === "role" || name.startsWith("aria-")) {
    element.setAttribute(name, String(value));
  } else if (PROPERTIES.has(name)) {
    element[name] = value;
  } else {
    throw new TypeError(`h() does not set ${name}`);
  }
}

function addChild(element, child) {
  if (child === undefined || child === null || child === false) return;
  if (Array.isArray(child)) {
    for (const one of child) addChild(element, one);
  } else {
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

// h("button", {className: "x", onclick: f, "aria-label": "Close"}, "text", node, [more])
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) setOne(element, name, value);
  addChild(element, children);
  return element;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function replaceChildren(element, ...children) {
  element.replaceChildren();
  addChild(element, children);
}

export function toggleClass(element, name, on) {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

export function button(label, onclick, properties) {
  return h("button", { type: "button", className: "button", onclick, ...properties }, label);
}

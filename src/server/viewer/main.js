// Where the page begins: what an exported file holds is shown as it is, else what the server has.
import { App } from "./app.js";
import { embeddedSession } from "./net/embedded.js";
import { applyTheme } from "./view/theme.js";

applyTheme();
new App(document.body, embeddedSession()).start();

// Reads an event stream as an application does that uses the package eventsource, up to an event
// that has LAST in it. Says each event, and for each request behind which event it asks.
// node event_source.mjs MODULES URL TOKEN LAST
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modulesPath, url, token, last] = process.argv.slice(2);
const { EventSource } = createRequire(pathToFileURL(modulesPath + "/"))("eventsource");

const source = new EventSource(url, {
  fetch: (input, init) => {
    console.log(`# behind ${init.headers["Last-Event-ID"] ?? "nothing"}`);
    return fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
  },
});
source.onmessage = ({ data, lastEventId }) => {
  assert.equal(String(JSON.parse(data).seq), lastEventId);
  console.log(data);
  if (data.includes(last)) source.close();
};

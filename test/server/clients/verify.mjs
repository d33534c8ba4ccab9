// Reads AG-UI events from standard input, one a line, and fails with what the client of AG-UI refuses:
// a key or a value that is not of AG-UI, an order that cannot be, a run that has not ended.
// node verify.mjs MODULES < EVENTS
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = createRequire(pathToFileURL(process.argv[2] + "/"));
const { verifyEvents } = modules("@ag-ui/client");
const { EventSchema } = modules("@ag-ui/core/schemas");
const { from, lastValueFrom, toArray } = modules("rxjs");

const events = [];
for await (const line of createInterface({ input: process.stdin })) {
  const event = JSON.parse(line);
  const parsed = EventSchema.safeParse(event);
  if (!parsed.success) throw new Error(`${line}\n${parsed.error}`);
  for (const key of Object.keys(event)) {
    if (!(key in parsed.data)) throw new Error(`${line}\n${key} is not of AG-UI`);
  }
  events.push(event);
}
await lastValueFrom(from(events).pipe(verifyEvents(false), toArray()));
const ended = events.filter((event) => ["RUN_FINISHED", "RUN_ERROR"].includes(event.type));
const begun = events.filter((event) => event.type === "RUN_STARTED");
if (begun.length !== ended.length || begun.length === 0) throw new Error("a run has not ended");
console.log(`${events.length} events, ${ended.length} runs`);

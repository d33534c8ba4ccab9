// The vocabulary of events, as the headers of its payloads say it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../../include/strandbus/event/", import.meta.url);

// Gives the members of each struct by its name, [{type, member}…], and the struct of each event type.
export function readVocabulary() {
  const headers = readdirSync(folder).filter((name) => name.endsWith(".hpp"));
  const source = headers.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const structs = new Map();
  const types = new Map();
  for (const [, name, body] of source.matchAll(/^struct (\w+) \{\n(.*?)^\};/gms)) {
    structs.set(name, [...body.matchAll(/^  ([\w:<>]+) (\w+?)_?\{.*?\};/gm)].map(([, type, member]) => ({ type, member })));
    const type = /EventType event_type = EventType::(\w+);/.exec(body)?.[1];
    if (type) types.set(type, name);
  }

  // What the codec writes says whether all was found.
  for (const [, name, members] of source.matchAll(/^STRANDBUS_DESCRIBE\((\w+), \d+,?([^)]*)\)/gm)) {
    const written = members.split(",").map((member) => member.trim().replace(/_$/, "")).filter(Boolean);
    assert.deepEqual(structs.get(name).map(({ member }) => member).sort(), written.sort(), name);
  }
  const all = [...source.matchAll(/^  X\((\w+), \w+, \w+\)/gm)].map(([, type]) => type);
  assert.deepEqual([...types.keys()].sort(), all.sort());
  return { structs, types };
}

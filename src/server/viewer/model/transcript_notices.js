// The part of the transcript for what happens once: errors, plans, notices, files, deployments and
// whatever an application or a newer version says.

import { bytes, count, counted, duration } from "./format.js";
import { anyText, listOf, numberOf, objectOf, textOf } from "./values.js";

const MAX_DETAIL = 4096;

function detailOf(value) {
  const text = anyText(value);
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text;
}

function joined(parts, separator = " · ") {
  return parts.filter((part) => part !== "").join(separator);
}

function notice(topic, describe) {
  return (scribe, p) => {
    const [title, detail] = describe(p);
    scribe.add("notice", { topic, title, detail, end: scribe.ts });
  };
}

function activity(topic, describe) {
  return (scribe, p) => {
    const [title, detail] = describe(p);
    scribe.add("activity", { topic, title, detail, end: scribe.ts });
  };
}

function error(scribe, p) {
  scribe.add("error", {
    error: textOf(p.error),
    error_code: textOf(p.error_code) || null,
    detail: joined([textOf(p.error_type), textOf(p.detail)]),
    failed_agent: textOf(p.agent),
    status: "failed",
    end: scribe.ts,
  });
}

function planItem(item) {
  const given = objectOf(item);
  return { title: textOf(given.title), status: textOf(given.status) };
}

/// A plan that changes within a turn stays one block.
function plan(scribe, p) {
  const { run } = scribe;
  const items = listOf(p.items).map(planItem);
  const turn = numberOf(scribe.event.turn);
  if (run.plan && run.plan.turn === turn) scribe.change(run.plan, { items });
  else run.plan = scribe.add("plan", { items, turn, end: scribe.ts });
}

function paths(p) {
  const named = (title, list) => {
    const names = listOf(list).map(anyText);
    return names.length === 0 ? "" : `${title} ${names.join(", ")}`;
  };
  return joined([
    named("created", p.created),
    named("changed", p.modified),
    named("deleted", p.deleted),
  ]);
}

const lines = (p) => counted(numberOf(p.line_count), "line", "lines");
const port = (p) => (numberOf(p.port) > 0 ? `port ${numberOf(p.port)}` : "");

/// A type that this version does not know.
export const writeUnknown = (scribe, p) =>
  scribe.add("activity", {
    topic: "other",
    title: scribe.type,
    detail: detailOf(p),
    end: scribe.ts,
  });

export const NOTICE_HANDLERS = [
  ["error", error],
  ["agent_error", error],
  ["plan_updated", plan],
  [
    "compaction",
    notice("compaction", (p) => [
      "Conversation shortened",
      `${textOf(p.strategy)}: ${count(numberOf(p.messages_before))} messages to ` +
        `${count(numberOf(p.messages_after))}, ${count(numberOf(p.tokens_saved))} tokens saved, ` +
        duration(numberOf(p.duration_ms)),
    ]),
  ],
  [
    "compaction_failed",
    notice("compaction", (p) => [
      "Shortening the conversation failed",
      joined([textOf(p.error), `${count(numberOf(p.consecutive_failures))} in a row`]),
    ]),
  ],
  [
    "compaction_circuit_opened",
    notice("compaction", (p) => [
      "The conversation is no longer shortened",
      `${count(numberOf(p.consecutive_failures))} failures in a row`,
    ]),
  ],
  [
    "doom_loop_detected",
    notice("doom_loop", (p) => [
      textOf(p.description) || "The agent repeats itself",
      joined([
        textOf(p.tool_name),
        detailOf(p.arguments),
        textOf(p.pattern),
        `${count(numberOf(p.repetitions))} times`,
        `action: ${textOf(p.action)}`,
      ]),
    ]),
  ],
  [
    "budget_exceeded",
    notice("budget", (p) => [
      `The budget of ${textOf(p.budget)} is used up`,
      `${numberOf(p.used)} of ${numberOf(p.limit)}`,
    ]),
  ],
  [
    "memory_written",
    notice("memory", (p) => [
      numberOf(p.size) > 0 ? "Memory written" : "Memory removed",
      joined([textOf(p.store), textOf(p.key), numberOf(p.size) > 0 ? bytes(numberOf(p.size)) : ""]),
    ]),
  ],
  [
    "guardrail_triggered",
    notice("guardrail", (p) => [
      joined([textOf(p.guardrail), textOf(p.action), textOf(p.target)]),
      textOf(p.reason),
    ]),
  ],
  [
    "workspace_updated",
    notice("workspace", (p) => [
      "Working directory changed",
      joined([textOf(p.root), textOf(p.reason)]),
    ]),
  ],
  [
    "system_notice",
    notice("system", (p) => [textOf(p.message), joined([textOf(p.subsystem), detailOf(p.data)])]),
  ],
  ["custom", activity("custom", (p) => [textOf(p.name), detailOf(p.data)])],
  [
    "file_created",
    activity("file", (p) => [
      `Created ${textOf(p.path)}`,
      `${lines(p)}, ${bytes(numberOf(p.size))}`,
    ]),
  ],
  [
    "file_modified",
    activity("file", (p) => [
      `Changed ${textOf(p.path)}`,
      `${lines(p)}, ${bytes(numberOf(p.old_size))} to ${bytes(numberOf(p.new_size))}`,
    ]),
  ],
  ["file_deleted", activity("file", (p) => [`Deleted ${textOf(p.path)}`, ""])],
  ["file_tree_update", activity("file", (p) => ["Files changed", paths(p)])],
  ["scaffold_complete", activity("deploy", (p) => ["Project created", textOf(p.project)])],
  [
    "preview_update",
    activity("deploy", (p) => ["Preview updated", joined([textOf(p.kind), textOf(p.url)])]),
  ],
  [
    "preview_ready",
    activity("deploy", (p) => [
      "Preview ready",
      joined([textOf(p.url), port(p), textOf(p.command)]),
    ]),
  ],
  [
    "deployment_ready",
    activity("deploy", (p) => [
      p.production === true ? "Deployed to production" : "Deployed",
      joined([textOf(p.project_name), textOf(p.url), textOf(p.message)]),
    ]),
  ],
  [
    "server_starting",
    activity("deploy", (p) => [
      "Server starting",
      joined([textOf(p.framework), textOf(p.command), port(p)]),
    ]),
  ],
  ["server_ready", activity("deploy", (p) => ["Server ready", joined([textOf(p.url), port(p)])])],
  [
    "server_stopped",
    activity("deploy", (p) => ["Server stopped", joined([textOf(p.framework), port(p)])]),
  ],
  [
    "screenshot_taken",
    activity("deploy", (p) => [
      "Screenshot taken",
      joined([
        textOf(p.output_path),
        bytes(numberOf(p.size_bytes)),
        textOf(p.viewport),
        textOf(p.url),
      ]),
    ]),
  ],
];

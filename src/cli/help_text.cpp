#include "cli/help_text.hpp"

namespace strandbus::cli {
namespace {

constexpr std::string_view overview = R"(strandbus: watch an AI agent work, live and afterwards

Usage: strandbus COMMAND [OPTIONS]

Commands:
  run [PROMPT | -]   give an agent a task and watch it work
  serve              run agents for others, over HTTP; sessions survive kill -9
  follow URL         watch a session of a server, live
  publish URL [FILE] send the events of an agent to a session of a server
  link [URL]         print a link that lets a browser in to a server
  replay SESSION     show a recorded session again
  stats SESSION...   count turns, tools, tokens, cost and time of sessions
  check SESSION...   check that sessions keep every promise about their events
  sessions           list the sessions of a store, or remove one
  export SESSION     write a session as a file, as a page, or as a trace for Perfetto

Options:
  -h, --help         this text; strandbus COMMAND --help says more about a command
  --version          the version

Examples:
  strandbus run "Calculate 2+2"                          works offline, with a scripted model
  strandbus run "Calculate 2+2" --session sum.jsonl      records everything that happens
  strandbus replay sum.jsonl --speed 1                   shows it again, as fast as it was
  strandbus run "Calculate 2+2" --json | jq .type        every event, one JSON object per line
)";

constexpr std::string_view run =
    R"(Gives an agent a task and shows how it works. Without a prompt, on a terminal, it is a conversation.

Usage: strandbus run [PROMPT | -] [OPTIONS]
       strandbus run --workflow FILE [INPUT | -] [OPTIONS]

  PROMPT              what the agent shall do; - reads it from standard input
  --workflow FILE     runs the steps of a workflow (docs/workflows.md): agents, transforms,
                      conditionals and workflows, one after the other or at the same time
  INPUT               of the workflow: JSON, or a text (default: the one in the file)

Model:
  --provider NAME     who answers: openai (any server that speaks Chat Completions or Responses),
                      anthropic (one that speaks Messages) or scripted (words from a file, works
                      offline). Default: openai if --base-url, --api-key-* or a key in
                      OPENAI_API_KEY says so, anthropic if there is one in ANTHROPIC_API_KEY, else
                      scripted
  --model NAME        the model to ask for (default: the provider's own)
  --base-url URL      the server, for example http://127.0.0.1:11434/v1 (default: the provider's
                      own, https://api.openai.com/v1 or https://api.anthropic.com); plain http only
                      on this machine
  --api NAME          how openai is asked: chat, responses, or auto: responses for models of OpenAI
                      and Azure that reason, else chat (default: auto)
  --effort HOW        how much a model of openai reasons: none, minimal, low, medium, high, xhigh,
                      as far as it knows the word (default: the model's own)
  --api-key-env NAME  the variable that holds the key (default: OPENAI_API_KEY or ANTHROPIC_API_KEY,
                      which are sent to the provider's own server only)
  --api-key-file FILE the file that holds it
  --script FILE       the script that a scripted model speaks (default: a built-in one, which
                      answers "Calculate 2+2"); or a recorded session: it answers for the model
                      and the tools, so that nothing runs, and needs no prompt
  --prices FILE       what tokens cost (default: built-in prices of some models; docs/prices.md)
  --system TEXT|@FILE tells the model who it is
  --max-tokens N      limits one answer of the model

Tools:
  --workspace DIR     the directory in which tools work (default: the current one)
  --tools LIST        which tools the model may use: calculator, plan, bash, read_file,
                      write_file, edit_file, delete_file, list_files, search_files, or none
                      (default: all)
  --approve HOW       commands need your approval: ask, auto (run them), deny (refuse them)
                      (default: ask on a terminal, deny without one)
  --rule RULE         decides about calls before --approve does: ACTION:TOOL[:ARGUMENT=PATTERN],
                      where ACTION is allow, ask or deny, as in "allow:bash:command=git status";
                      may be given again, the first rule that matches counts
  --subagents         the model may give tasks to other agents with the same tools
  --background HOW    the model may start tasks in the background, on which agents with the same
                      tools work meanwhile; when it has answered, the run waits for them: wait, or
                      cancels them: cancel
  --sandbox           commands write only to the workspace, see no home and no network
                      (needs bubblewrap)
  --memory DIR        adds memory_write, memory_read, memory_list and memory_delete, with which the
                      model keeps notes in DIR for later conversations

Limits:
  --max-rounds N      turns before the run fails (default: 50)
  --timeout SECONDS   time before the run fails (default: none)
  --max-run-tokens N  tokens that the run and its sub-agents may use (default: no limit)
  --max-cost USD      what they may cost; needs a model whose price is known (default: no limit)
  --max-tool-calls N  how often they may call tools (default: no limit)
  --context-window N  tokens that the model takes: a conversation that comes near is summarised
                      (default: only when the server refuses it as too long)
  --retry-shown       when a request fails after a part of its answer was shown, take that back and
                      ask again (default: the run fails)

Output:
  --json              print the events, one JSON object per line, and nothing else
  --dialect NAME      in whose words --json speaks: native (the default), agent-runner, rollouts,
                      ag-ui, agent-event, lifecycle or trace-event (docs/dialects.md)
  --session FILE      record everything in a new file; replay and stats read it
  --continue FILE     go on with a recorded session, in the same file; with --workflow, with the
                      step at which it was stopped or failed
  --fork FILE         begin with what was said in a recorded session, which stays as it is
  --fork-at SEQ       only with what was said before this event; without a prompt, what the user
                      said next is said again
  -v, --verbose       show model requests, tool output and housekeeping too
  --no-redaction      show and record keys, tokens and passwords as they are; without it they become
                      [redacted-...] wherever events go, so --continue goes on without them
  --log-level LEVEL   what the library logs: debug, info, warning, error or off (default: off)
  --log-file FILE     where it logs to (default: standard error); implies --log-level info
  --otlp URL          send spans and metrics to this OpenTelemetry collector, as in
                      http://localhost:4318 (default: what OTEL_EXPORTER_OTLP_ENDPOINT says)
  --otlp-content      with what was said in them
  -h, --help          this text

Standard output carries the answer, on a terminal the live view; everything else goes to standard
error. Ctrl-C cancels the run, a second one ends the program at once. In a conversation Enter sends,
Alt-Enter begins a new line, Ctrl-D ends. HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are respected.

Exit codes: 0 answered, 1 the run failed, 2 wrong usage, 3 cancelled, 4 a limit was reached,
5 the display was too slow for some events

Examples:
  strandbus run "Calculate 2+2"
  strandbus run --script examples/scripts/parallel_tools.json --approve auto "Do three things"
  echo "Calculate 2+2" | strandbus run - > answer.txt
  strandbus run --session talk.jsonl                     a conversation, recorded
  strandbus run --continue talk.jsonl "Calculate 2+2"    and gone on with
  strandbus run --script talk.jsonl                      and run again, offline
  strandbus run --fork talk.jsonl --fork-at 40 --session other.jsonl   and run otherwise from there
  strandbus run "Calculate 2+2" --json --dialect agent-runner
  strandbus run --workflow examples/workflows/release.json \
    --script examples/workflows/release.script.json
)";

constexpr std::string_view serve =
    R"(Runs agents for others, in the browser and over HTTP: sessions are kept in a store, survive kill -9,
and are read by anybody who has the token. docs/service.md describes the interface.

Usage: strandbus serve [OPTIONS]

Service:
  --listen ADDR:PORT  where to listen; port 0 takes any that is free (default: 127.0.0.1:8080)
  --store FILE        the database that keeps the sessions (default: a file below
                      ~/.local/state/strandbus)
  --durability HOW    what an event survives before anybody sees it: process (kill -9) or power
                      (a power cut; slower) (default: process)
  --keep-days N       removes sessions at the start that nobody has written to for so long
  --token-file FILE   the file that holds the token, made if there is none (default: the store's
                      name with .token)
  --allow-host NAME   another name under which the server may be addressed; may be given again
  --allow-origin URL  pages of this origin may use the server; may be given again
  --workspace-root DIR  each session works in a directory of its own below this one (default: the
                      store's name with .workspaces)
  --max-runs N        runs that may be under way at the same time (default: 64)

Model, tools and limits, as strandbus run --help explains them:
  --provider NAME, --model NAME, --base-url URL, --api NAME, --effort HOW, --api-key-env NAME,
  --api-key-file FILE, --script FILE, --prices FILE, --system TEXT|@FILE, --max-tokens N,
  --tools LIST, --approve HOW (default: ask, by a command to the session), --rule RULE,
  --sandbox, --subagents, --background HOW, --max-rounds N, --timeout SECONDS, --max-run-tokens N,
  --max-cost USD, --max-tool-calls N, --context-window N, --retry-shown, --no-redaction

Output:
  --log-level LEVEL   what is logged, as JSON lines: debug, info, warning, error or off
                      (default: info)
  --log-file FILE     where to (default: standard error)
  --otlp URL          send spans and metrics to this OpenTelemetry collector, as in
                      http://localhost:4318 (default: what OTEL_EXPORTER_OTLP_ENDPOINT says)
  --otlp-content      with what was said in them
  -h, --help          this text

Standard output carries three lines, "url: ...", "token: ..." and "open: ...". The last one is a
link for your browser; it works once, within five minutes, and strandbus link gives another one.
Ctrl-C or SIGTERM ends it: runs get ten seconds, readers get everything; a second one ends it at
once.

Exit codes: 0 ended, 2 wrong usage

Examples:
  strandbus serve
  strandbus serve --listen 127.0.0.1:0 --store /var/lib/agents/sessions.db --durability power
)";

constexpr std::string_view follow =
    R"(Shows a session of a server as it goes on: what has happened so far, then what happens.

Usage: strandbus follow URL [OPTIONS]

  URL                 http://HOST:PORT/v1/sessions/ID, or https; plain http only on this machine

Options:
  --after SEQ         begin behind the event of this number (default: at the beginning)
  --type LIST         only events of these types, as in run_started,run_completed
  --until-idle        end with the first run that ends; without it, what comes next is waited for
  --token-file FILE   the file that holds the server's token (default: the variable STRANDBUS_TOKEN)
  --json              print the events, one JSON object per line, as the server sends them
  --dialect NAME      in whose words --json speaks: native (the default), agent-runner, rollouts,
                      ag-ui, agent-event, lifecycle or trace-event (docs/dialects.md)
  -v, --verbose       show model requests, tool output and housekeeping too
  -h, --help          this text

When the connection is lost it is made again, as often as it takes, and goes on where it was: no
event is missing and none comes twice. Events that the server keeps no more are counted. Ctrl-C
ends it; the session does not notice. HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are respected.

Exit codes: 0 stopped, or the session is gone, 1 the server does not want to, 2 wrong usage

Examples:
  strandbus follow http://127.0.0.1:8080/v1/sessions/session_7 --token-file token
  strandbus follow http://127.0.0.1:8080/v1/sessions/session_7 --json --until-idle | jq .type
)";

constexpr std::string_view publish =
    R"(Sends events of an agent, which may be any program, to a session of a server: a recorded trace, or
what comes through a pipe while it happens.

Usage: strandbus publish URL [FILE | -] [OPTIONS]

  URL                 http://HOST:PORT/v1/sessions/ID, or https; plain http only on this machine
  FILE                events as JSON, one in each line (docs/service.md), or a session that
                      strandbus run --session has recorded; - is standard input (default: -)

Options:
  --create            make a new session and print its URL; the URL is then that of the server, or
                      ends in /v1/sessions
  --token-file FILE   the file that holds the server's token (default: the variable STRANDBUS_TOKEN)
  -h, --help          this text

Events go out at the latest 100 ms after they came. What the session has already, by its id, is not
published again: a trace may be sent twice, and is sent again, as often as it takes, when the server
was away. Lines that are no events are left out, and so are session_created, session_restored and
session_closed, which a session says itself. It ends with the input; Ctrl-C ends it before.
HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are respected.

Exit codes: 0 the session has everything, 1 the server does not want to, 2 wrong usage or a line
that cannot be read, 3 interrupted

Examples:
  strandbus publish http://127.0.0.1:8080/v1/sessions/session_7 sum.jsonl --token-file token
  my-agent | strandbus publish http://127.0.0.1:8080 --create --token-file token
  strandbus run "Calculate 2+2" --json | strandbus publish http://127.0.0.1:8080/v1/sessions
)";

constexpr std::string_view link =
    R"(Prints a link that lets a browser in to a server. It works once, within five minutes; the browser
then stays logged in for 30 days.

Usage: strandbus link [URL] [OPTIONS]

  URL                 of the server, http or https; plain http only on this machine; or of a session
                      of it, which is then shown (default: http://127.0.0.1:8080)

Options:
  --token-file FILE   the file that holds the server's token (default: the variable STRANDBUS_TOKEN;
                      without it, for a server on this machine, the file that strandbus serve keeps
                      beside its default store)
  -h, --help          this text

HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are respected.

Exit codes: 0 printed, 1 the server does not want to or cannot be reached, 2 wrong usage

Examples:
  strandbus link
  strandbus link http://127.0.0.1:9000/v1/sessions/session_7 --token-file token
)";

constexpr std::string_view replay = R"(Shows a recorded session again, as the live run was shown.

Usage: strandbus replay SESSION [OPTIONS]

  SESSION             a file that strandbus run --session has recorded; or the id of a session in
                      the store, or its beginning

Options:
  --store FILE        the database in which sessions are looked up (default: the one of
                      strandbus serve)
  --from-dialect NAME the file is a trace in the words of another system: native (events without
                      the metadata of a session), agent-runner, ag-ui, agent-event, lifecycle or
                      trace-event (docs/dialects.md)
  --from SEQ          begin with the event of this number (default: the first)
  --speed X           0 shows everything at once (the default), 1 as fast as it was, 2 twice as fast
  --json              print the events, one JSON object per line, and nothing else
  --dialect NAME      in whose words --json speaks: native (the default), agent-runner, rollouts,
                      ag-ui, agent-event, lifecycle or trace-event (docs/dialects.md)
  -v, --verbose       show model requests, tool output and housekeeping too
  -h, --help          this text

A session whose writer was interrupted is shown as far as it goes. To run one again, see --script
and --fork of strandbus run.

Exit codes: 0 shown, 1 it cannot be written, 2 wrong usage or a session that cannot be read,
3 interrupted

Examples:
  strandbus replay sum.jsonl
  strandbus replay sum.jsonl --speed 2 --from 20
  strandbus replay sum.jsonl --json | jq 'select(.type == "tool_call_completed")'
)";

constexpr std::string_view stats = R"(Counts what happened in recorded sessions.

Usage: strandbus stats SESSION... [OPTIONS]

  SESSION             a file that strandbus run --session has recorded; or the id of a session in
                      the store, or its beginning; several are added up

Options:
  --store FILE        the database in which sessions are looked up (default: the one of
                      strandbus serve)
  --from-dialect NAME the file is a trace in the words of another system: native (events without
                      the metadata of a session), agent-runner, ag-ui, agent-event, lifecycle or
                      trace-event (docs/dialects.md)
  --format FORMAT     table (the default), json: one JSON object, or prometheus: the metrics that a
                      running program would show, in the Prometheus text format
  --json              as --format json
  -h, --help          this text

Exit codes: 0 counted, 1 it cannot be written, 2 wrong usage or a session that cannot be read

Examples:
  strandbus stats sum.jsonl
  strandbus stats sessions/*.jsonl --json | jq .cost
  strandbus stats sessions/*.jsonl --format prometheus > /var/lib/node_exporter/agents.prom
)";

constexpr std::string_view check =
    R"(Checks that recorded sessions keep every promise about their events.

Usage: strandbus check SESSION... [OPTIONS]

  SESSION             a file that strandbus run --session has recorded; or the id of a session in
                      the store, or its beginning

Options:
  --store FILE        the database in which sessions are looked up (default: the one of
                      strandbus serve)
  --from-dialect NAME the file is a trace in the words of another system: native (events without
                      the metadata of a session), agent-runner, ag-ui, agent-event, lifecycle or
                      trace-event (docs/dialects.md)
  --json              one JSON object per session, on one line
  -h, --help          this text

Checked are numbers, times and ids; one start and one end for everything, in one span, inside of
what it belongs to; the pieces of each text and of each tool call against their whole; one answer
for each tool call, in order; sums and counts. Each fault is one line: file, line, seq, what is
wrong and what was expected. A run that is open at the end of the file was interrupted: that is
said, and is no fault; nor is a last line that is cut off.

Exit codes: 0 no faults, 1 faults or it cannot be written, 2 wrong usage or a session that cannot be
read

Examples:
  strandbus check sum.jsonl
  strandbus check sessions/*.jsonl --json | jq 'select(.valid | not) | .file'
)";

constexpr std::string_view sessions =
    R"(Lists the sessions of a store, the one that was written last first; or removes one.

Usage: strandbus sessions [OPTIONS]

Options:
  --store FILE        the database that keeps them (default: the one of strandbus serve)
  --json              one JSON object per session, on one line
  --delete ID         remove the session of this id, or the only one whose id begins so (with at
                      least 4 characters); asks first
  --yes               do not ask
  -h, --help          this text

On a terminal ids are cut to what tells them apart; replay, check, stats, export and --delete take
them so. A session that a server has in its memory is in use and cannot be removed here: ask the
server.

Exit codes: 0 listed or removed, 1 it is in use or cannot be removed, 2 wrong usage, 3 not confirmed

Examples:
  strandbus sessions
  strandbus sessions --json | jq -r 'select(.events > 1000) | .id'
  strandbus sessions --delete session_0192f3a4 --yes
)";

constexpr std::string_view export_session =
    R"(Writes a session as a session file, as a page for a browser, as a trace that Perfetto and
chrome://tracing open, or as spans.

Usage: strandbus export SESSION [OPTIONS]

  SESSION             a file that strandbus run --session has recorded; or the id of a session in
                      the store, or its beginning

Options:
  --format FORMAT     jsonl: a session file, as replay, check and run --fork read it, whose events
                      are byte for byte those that are stored (the default); html: the page of
                      strandbus serve with the session in it, one file that asks for nothing;
                      chrome: a trace of runs, turns, requests and tool calls for ui.perfetto.dev
                      or chrome://tracing; or otlp: lines of JSON with OpenTelemetry's spans and
                      metrics
  --otlp-content      spans hold what was said
  -o, --output FILE   a new file (default: standard output)
  --store FILE        the database in which sessions are looked up (default: the one of
                      strandbus serve)
  --from-dialect NAME the file is a trace in the words of another system: native (events without
                      the metadata of a session), agent-runner, ag-ui, agent-event, lifecycle or
                      trace-event (docs/dialects.md)
  -h, --help          this text

Texts of a trace are cut to 2,000 bytes. What has no end is closed where the session ends, and
marked "unfinished".

Exit codes: 0 written, 1 it cannot be written, 2 wrong usage or a session that cannot be read

Examples:
  strandbus export session_0192f3a4 -o session.jsonl
  strandbus export sum.jsonl --format html -o sum.html
  strandbus export sum.jsonl --format chrome -o sum.json
  strandbus export sum.jsonl --format otlp > sum.otlp.jsonl
)";

}  // namespace

std::string_view help_text(std::string_view command) noexcept {
  if (command == "run") return run;
  if (command == "serve") return serve;
  if (command == "follow") return follow;
  if (command == "publish") return publish;
  if (command == "link") return link;
  if (command == "replay") return replay;
  if (command == "stats") return stats;
  if (command == "check") return check;
  if (command == "sessions") return sessions;
  if (command == "export") return export_session;
  return overview;
}

}  // namespace strandbus::cli

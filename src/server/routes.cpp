#include "server/routes.hpp"

#include "server/accept_header.hpp"
#include "server/feed_query.hpp"
#include "server/request_arguments.hpp"
#include "server/request_body.hpp"
#include "server/session_id.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_listed = 1000;

std::string session_id(const ServerRequest& request) {
  const std::string& id = request.target.segments.at(2);
  if (!is_session_id(id)) throw BadRequest(400, "invalid_parameter", std::string(session_id_rule));
  return id;
}

bool takes_html(const ServerRequest& request) {
  return accepts(request.header("Accept").value_or(""), "text/html");
}

/// Several are none (W3C Trace Context, section 3.2).
std::string trace_parent(const ServerRequest& request) {
  const auto value = request.header("traceparent");
  return value && request.count("traceparent") == 1 ? std::string(*value) : std::string();
}

Operation login(const ServerRequest& request) {
  expect_parameters(request.target, {"code"});
  LogIn operation;
  operation.code = single(request.target, "code").value_or("");
  if (operation.code.empty()) refuse_parameter("code", "is missing");
  operation.browser = takes_html(request);
  return operation;
}

Operation make_link(const ServerRequest& request) {
  expect_parameters(request.target, {});
  MakeLink operation = read_make_link(request);
  operation.host = request.header("Host").value_or("");
  return operation;
}

template <ViewerFile file>
Operation show_viewer(const ServerRequest& request) {
  expect_parameters(request.target, {});
  ShowViewer operation;
  operation.file = file;
  operation.gzip = accepts(request.header("Accept-Encoding").value_or(""), "gzip");
  operation.known = request.header("If-None-Match").value_or("");
  return operation;
}

/// A browser gets the viewer, a program what it can read.
Operation show_home(const ServerRequest& request) {
  if (takes_html(request)) return show_viewer<ViewerFile::html>(request);
  expect_parameters(request.target, {});
  return ShowService{};
}

Operation create_session(const ServerRequest& request) {
  expect_parameters(request.target, {});
  CreateSession operation = read_create_session(request);
  operation.trace_parent = trace_parent(request);
  return operation;
}

Operation list_sessions(const ServerRequest& request) {
  expect_parameters(request.target, {"limit"});
  ListSessions operation;
  operation.limit = number(request.target, "limit", 1, max_listed).value_or(operation.limit);
  return operation;
}

Operation fork_session(const ServerRequest& request) {
  expect_parameters(request.target, {});
  ForkSession operation = read_fork_session(request);
  operation.session_id = session_id(request);
  return operation;
}

Operation start_run(const ServerRequest& request) {
  expect_parameters(request.target, {});
  StartRun operation = read_start_run(request);
  operation.session_id = session_id(request);
  operation.trace_parent = trace_parent(request);
  return operation;
}

Operation give_command(const ServerRequest& request) {
  expect_parameters(request.target, {});
  GiveCommand operation;
  operation.session_id = session_id(request);
  operation.command = read_command(request);
  return operation;
}

Operation publish_events(const ServerRequest& request) {
  expect_parameters(request.target, {});
  PublishEvents operation;
  operation.session_id = session_id(request);
  operation.events = read_event_lines(request);
  return operation;
}

Operation read_events(const ServerRequest& request, FeedForm form) {
  ReadEvents operation = read_feed_query(request, form);
  operation.session_id = session_id(request);
  return operation;
}

Operation run_ag_ui(const ServerRequest& request) {
  expect_parameters(request.target, {});
  RunAgUi operation;
  operation.input = read_ag_ui_input(request);
  operation.input.trace_parent = trace_parent(request);
  return operation;
}

/// An operation on a session that has no other argument.
template <class T>
Operation on_session(const ServerRequest& request) {
  expect_parameters(request.target, {});
  T operation;
  operation.session_id = session_id(request);
  return operation;
}

template <class T>
Operation plain(const ServerRequest& request) {
  expect_parameters(request.target, {});
  return T{};
}

struct Route {
  std::string_view method;
  /// "*" is any one segment.
  std::string_view path;
  Operation (*read)(const ServerRequest&);
};

constexpr auto routes = std::to_array<Route>({
    {"GET", "", show_home},
    {"GET", "viewer.css", show_viewer<ViewerFile::css>},
    {"GET", "viewer.js", show_viewer<ViewerFile::js>},
    {"GET", "healthz", plain<ShowHealth>},
    {"GET", "readyz", plain<ShowReadiness>},
    {"GET", "metrics", plain<ShowMetrics>},
    {"GET", "login", login},
    {"GET", "v1/events",
     [](const ServerRequest& request) -> Operation { return read_all_query(request); }},
    {"POST", "ag-ui", run_ag_ui},
    {"POST", "v1/links", make_link},
    {"POST", "v1/sessions", create_session},
    {"GET", "v1/sessions", list_sessions},
    {"GET", "v1/sessions/*", on_session<FindSession>},
    {"DELETE", "v1/sessions/*", on_session<RemoveSession>},
    {"POST", "v1/sessions/*/fork", fork_session},
    {"POST", "v1/sessions/*/runs", start_run},
    {"POST", "v1/sessions/*/commands", give_command},
    {"POST", "v1/sessions/*/events", publish_events},
    {"GET", "v1/sessions/*/events",
     [](const ServerRequest& request) { return read_events(request, FeedForm::sse); }},
    {"GET", "v1/sessions/*/events.jsonl",
     [](const ServerRequest& request) { return read_events(request, FeedForm::jsonl); }},
    {"GET", "v1/sessions/*/ws",
     [](const ServerRequest& request) { return read_events(request, FeedForm::web_socket); }},
    {"GET", "v1/sessions/*/snapshot", on_session<ShowSnapshot>},
});

bool matches(std::string_view pattern, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    if (wanted.empty() || (wanted != "*" && wanted != segment)) return false;
    pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
  }
  return pattern.empty();
}

void add_method(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method;
}

/// What can be done with a path, for Allow; empty when there is no such path.
std::string allowed_methods(const ServerRequest& request) {
  std::string allow;
  for (const Route& route : routes) {
    if (!matches(route.path, request.target.segments)) continue;
    add_method(allow, route.method);
    // A link that works once must not be used up by who only looks whether it is there.
    if (route.method == "GET" && route.path != "login") add_method(allow, "HEAD");
  }
  if (!allow.empty()) add_method(allow, "OPTIONS");
  return allow;
}

const Route* find_route(const ServerRequest& request) {
  const bool head = request.method == "HEAD" && request.target.path != "/login";
  const std::string_view method = head ? std::string_view("GET") : request.method;
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const Route& route) {
    return route.method == method && matches(route.path, request.target.segments);
  });
  return found == routes.end() ? nullptr : &*found;
}

HttpRefusal no_route(const std::string& allow) {
  HttpRefusal refusal;
  if (allow.empty()) {
    refusal.status = 404;
    refusal.code = "not_found";
    refusal.message = "there is nothing at this path";
    return refusal;
  }
  refusal.status = 405;
  refusal.code = "method_not_allowed";
  refusal.message = "this path takes " + allow;
  HttpHeader header;
  header.name = "Allow";
  header.value = allow;
  refusal.headers.push_back(std::move(header));
  return refusal;
}

}  // namespace

boost::system::result<Operation, HttpRefusal> route(const ServerRequest& request) {
  const std::string allow = allowed_methods(request);
  if (request.method == "OPTIONS" && !allow.empty()) {
    ShowMethods operation;
    operation.allow = allow;
    return Operation(std::move(operation));
  }
  const Route* route = find_route(request);
  if (!route) return no_route(allow);
  try {
    return route->read(request);
  } catch (const BadRequest& bad) {
    return bad.refusal();
  } catch (const JsonProblem& problem) {
    return refusal_for(problem);
  }
}

}  // namespace strandbus::detail

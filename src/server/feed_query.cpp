#include "server/feed_query.hpp"

#include "server/request_arguments.hpp"
#include "server/session_id.hpp"
#include "strandbus/wire/dialect.hpp"

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <limits>
#include <memory>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::uint64_t max_coalesce_ms = 10'000;
constexpr std::uint64_t max_seq = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t max_values = 64;  // of one parameter
constexpr std::size_t max_cursors = 1024;

/// What a browser says when it comes back stands in the header; its URL is still the first one.
std::optional<std::uint64_t> last_event_id(const ServerRequest& request) {
  const std::string_view text = request.header("Last-Event-ID").value_or("");
  if (text.empty()) return std::nullopt;
  std::uint64_t seq = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (failure != std::errc() || end != text.data() + text.size() || seq > max_seq) {
    throw BadRequest(400, "invalid_parameter",
                     "the header Last-Event-ID is the number that an event's id: was");
  }
  return seq;
}

std::optional<std::uint64_t> first_seq(const ServerRequest& request, FeedForm form) {
  const auto given = single(request.target, "after");
  if (form == FeedForm::sse) {
    if (const auto seq = last_event_id(request)) return seq;
  }
  if (form != FeedForm::jsonl && given == "latest") return std::nullopt;
  if (!given) return 0;
  return number(request.target, "after", 0, max_seq);
}

std::vector<std::string> values(const ServerRequest& request, std::string_view name) {
  auto result = list(request.target, name);
  if (result.size() > max_values) refuse_parameter(name, "has more than 64 values");
  return result;
}

/// The enumerators that a parameter names.
template <class Enum>
std::bitset<16> named(const ServerRequest& request, std::string_view parameter) {
  std::bitset<16> wanted;
  for (const std::string& value : values(request, parameter)) {
    bool known = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto enumerator) {
      if (value != enumerator.name) return;
      wanted.set(static_cast<std::size_t>(enumerator.value));
      known = true;
    });
    if (!known) refuse_parameter(parameter, "has no value " + detail::quoted(value.substr(0, 40)));
  }
  return wanted;
}

void narrow_types(const ServerRequest& request, Filter& filter) {
  std::bitset<event_type_count> wanted;
  for (const std::string& value : values(request, "type")) {
    const auto type = event_type_from(value);
    if (!type) refuse_parameter("type", "has no value " + detail::quoted(value.substr(0, 40)));
    wanted.set(static_cast<std::size_t>(*type));
  }
  if (wanted.none()) return;
  // Filter takes lists that are written out; what is not wanted is taken away one by one.
  for (std::size_t i = 0; i < event_type_count; ++i) {
    if (!wanted[i]) filter.without({static_cast<EventType>(i)});
  }
}

void narrow_scopes(const ServerRequest& request, Filter& filter) {
  const auto wanted = named<Scope>(request, "scope");
  if (wanted.none()) return;
  for (std::size_t i = 0; i < event_type_count; ++i) {
    const auto type = static_cast<EventType>(i);
    if (!wanted[static_cast<std::size_t>(scope_of(type))]) filter.without({type});
  }
}

void narrow_statuses(const ServerRequest& request, Filter& filter) {
  const auto wanted = named<Status>(request, "status");
  if (wanted.none()) return;
  filter.where([wanted](const StreamEvent& event) {
    return wanted[static_cast<std::size_t>(event.status())];
  });
}

void read_filter(const ServerRequest& request, Filter& filter) {
  narrow_types(request, filter);
  narrow_scopes(request, filter);
  narrow_statuses(request, filter);
  for (std::string& run : values(request, "run")) filter.run(std::move(run));
  for (std::string& agent : values(request, "agent")) filter.agent(std::move(agent));
}

std::chrono::milliseconds coalesce(const ServerRequest& request) {
  return std::chrono::milliseconds(
      number(request.target, "coalesce", 0, max_coalesce_ms).value_or(0));
}

/// "SESSION:SEQ,SESSION:SEQ"
SessionCursors cursors(std::string_view text, const std::string& where) {
  SessionCursors result;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    const auto colon = std::min(one.rfind(':'), one.size());
    const std::string_view digits = one.substr(std::min(colon + 1, one.size()));
    std::uint64_t seq = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    const bool is_seq =
        failure == std::errc() && end == digits.data() + digits.size() && seq <= max_seq;
    if (!is_session_id(one.substr(0, colon)) || !is_seq || result.size() == max_cursors) {
      throw BadRequest(400, "invalid_parameter",
                       where + " is SESSION:SEQ,SESSION:SEQ… of at most 1024 sessions");
    }
    result.insert_or_assign(std::string(one.substr(0, colon)), seq);
  }
  return result;
}

void expect_feed_parameters(const ServerRequest& request, FeedForm form) {
  switch (form) {
    case FeedForm::sse:
      return expect_parameters(request.target, {"after", "type", "scope", "status", "run", "agent",
                                                "dialect", "coalesce", "named"});
    case FeedForm::web_socket:
      return expect_parameters(request.target, {"after", "type", "scope", "status", "run", "agent",
                                                "dialect", "coalesce"});
    case FeedForm::jsonl:
      return expect_parameters(request.target,
                               {"after", "type", "scope", "status", "run", "agent", "dialect"});
  }
}

std::string dialect(const ServerRequest& request) {
  const std::string_view name = single(request.target, "dialect").value_or("native");
  const auto known = dialect_names();
  if (std::find(known.begin(), known.end(), name) == known.end())
    refuse_parameter("dialect", "has no value " + detail::quoted(name.substr(0, 40)));
  return std::string(name);
}

std::string_view name_of(FeedForm form) noexcept {
  switch (form) {
    case FeedForm::sse: return "sse";
    case FeedForm::web_socket: return "ws";
    case FeedForm::jsonl: break;
  }
  return "jsonl";
}

}  // namespace

ReadEvents read_feed_query(const ServerRequest& request, FeedForm form) {
  expect_feed_parameters(request, form);
  ReadEvents operation;
  operation.form = form;
  operation.named = flag(request.target, "named");
  operation.dialect = dialect(request);
  operation.options.name = name_of(form);
  operation.options.finite = form == FeedForm::jsonl;
  operation.options.after = first_seq(request, form);
  operation.options.coalesce = coalesce(request);
  read_filter(request, operation.options.filter);
  return operation;
}

ReadAllEvents read_all_query(const ServerRequest& request) {
  expect_parameters(request.target,
                    {"after", "type", "scope", "status", "run", "agent", "coalesce", "named"});
  ReadAllEvents operation;
  operation.named = flag(request.target, "named");
  operation.options.name = "sse of all";
  operation.options.coalesce = coalesce(request);
  const std::string_view header = request.header("Last-Event-ID").value_or("");
  if (!header.empty()) {
    operation.options.after = cursors(header, "the header Last-Event-ID");
  } else if (const auto after = single(request.target, "after")) {
    operation.options.after = cursors(*after, "the parameter after");
  }
  read_filter(request, operation.options.filter);
  return operation;
}

}  // namespace strandbus::detail

#include "strandbus/llm/script.hpp"

#include "llm/text_split.hpp"
#include "strandbus/event/json_codec.hpp"

#include <boost/regex.hpp>

#include <algorithm>
#include <utility>

namespace strandbus {
namespace {

constexpr std::size_t shown_bytes = 60;
constexpr std::size_t shown_responses = 5;

/// What of a conversation the responses are matched on.
struct Situation {
  const Message* user = nullptr;       // the user's last message
  std::span<const Message> results{};  // what tools answered since the model's last message
  std::span<const Message> messages{};
  std::int64_t turn = 1;
  bool user_spoke_last = false;
};

Situation situation_of(const ModelRequest& request) {
  Situation situation;
  situation.messages = request.messages;
  situation.turn = request.iteration;
  std::size_t end = request.messages.size();
  while (end > 0 && request.messages[end - 1].role == Role::system) --end;
  situation.user_spoke_last = end > 0 && request.messages[end - 1].role == Role::user;
  std::size_t begin = end;
  while (begin > 0 && request.messages[begin - 1].role == Role::tool) --begin;
  situation.results = request.messages.subspan(begin, end - begin);
  for (std::size_t i = begin; i > 0 && !situation.user; --i) {
    if (request.messages[i - 1].role == Role::user) situation.user = &request.messages[i - 1];
  }
  return situation;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(white_space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white_space) - begin + 1);
}

bool fits_regex(const std::string& pattern, std::string_view text) {
  try {
    return boost::regex_search(text.begin(), text.end(), boost::regex(pattern));
  } catch (const std::runtime_error&) {
    return false;  // it would take too long, Boost.Regex gives up
  }
}

bool fits(const TextMatch& match, std::string_view text) {
  switch (match.kind) {
    case TextMatch::Kind::equals: return trimmed(text) == trimmed(match.text);
    case TextMatch::Kind::contains: return text.find(match.text) != std::string_view::npos;
    case TextMatch::Kind::regex: return fits_regex(match.text, text);
  }
  return false;
}

std::string_view tool_of(std::span<const Message> messages, std::string_view call_id) {
  for (std::size_t i = messages.size(); i > 0; --i) {
    for (const ToolCall& call : messages[i - 1].tool_calls) {
      if (call.call_id == call_id) return call.tool_name;
    }
  }
  return {};
}

bool fits(const ToolResultMatch& match, const Situation& situation) {
  return std::ranges::any_of(situation.results, [&](const Message& result) {
    return (match.call_id.empty() || result.tool_call_id == match.call_id) &&
           (match.tool_name.empty() ||
            tool_of(situation.messages, result.tool_call_id) == match.tool_name) &&
           (!match.text || fits(*match.text, result.content));
  });
}

bool fits(const ResponseMatch& match, const Situation& situation) {
  if (match.turn && *match.turn != situation.turn) return false;
  if (match.tool_result && !fits(*match.tool_result, situation)) return false;
  if (!match.user) return true;
  if (!match.tool_result && !situation.user_spoke_last) return false;
  return situation.user && fits(*match.user, situation.user->content);
}

bool fits(const ScriptedResponse& response, const Situation& situation) {
  return !response.match || fits(*response.match, situation);
}

bool is_used(const std::vector<bool>& used, std::size_t index) {
  return index < used.size() && used[index];
}

std::string excerpt(std::string_view text) {
  std::string shown(text);
  if (text.size() > shown_bytes) {
    shown.resize(detail::cut_position(text, 0, shown_bytes));
    shown += "…";
  }
  std::string result;
  append_json_string(result, shown);
  return result;
}

std::string described(const TextMatch& match) {
  switch (match.kind) {
    case TextMatch::Kind::equals: return excerpt(match.text);
    case TextMatch::Kind::contains: return "a text that contains " + excerpt(match.text);
    case TextMatch::Kind::regex: return "a text that matches " + excerpt(match.text);
  }
  return {};
}

std::string described(const ResponseMatch& match) {
  std::string result;
  const auto add = [&](const std::string& condition) {
    if (!result.empty()) result += " and ";
    result += condition;
  };
  if (match.user) add("the user saying " + described(*match.user));
  if (match.tool_result) {
    const ToolResultMatch& wanted = *match.tool_result;
    add("a result of " + (wanted.tool_name.empty() ? std::string("any tool") : wanted.tool_name) +
        (wanted.call_id.empty() ? "" : " for call " + excerpt(wanted.call_id)) +
        (wanted.text ? ": " + described(*wanted.text) : ""));
  }
  if (match.turn) add("turn " + std::to_string(*match.turn));
  return result;
}

std::string described(const Situation& situation) {
  std::string result = "turn " + std::to_string(situation.turn);
  if (!situation.results.empty()) {
    const Message& last = situation.results.back();
    const std::string_view tool = tool_of(situation.messages, last.tool_call_id);
    return result + " after the result " + excerpt(last.content) + " of " +
           (tool.empty() ? "an unknown tool" : std::string(tool));
  }
  if (!situation.user) return result + " of a conversation without a user message";
  return result + " after the user said " + excerpt(situation.user->content);
}

/// "it answers to …: say that, or "; empty when nothing can be named.
std::string what_it_answers(const Script& script) {
  std::string result;
  std::size_t matches = 0;
  for (const ScriptedResponse& response : script.responses) {
    if (!response.match || ++matches > shown_responses) continue;
    result += (matches == 1 ? "it answers to " : ", to ") + described(*response.match);
  }
  if (matches == 0) return result;
  if (matches > shown_responses) {
    result += " and to " + std::to_string(matches - shown_responses) + " more";
  }
  return result + ": say that, or ";
}

ModelRequest first_request(std::span<const Message> messages) {
  ModelRequest request;
  request.messages = messages;
  return request;
}

Message prompt_message(std::string_view prompt) {
  Message message;
  message.role = Role::user;
  message.content = prompt;
  return message;
}

}  // namespace

std::optional<std::size_t> find_response(const Script& script, const ModelRequest& request,
                                         const std::vector<bool>& used) {
  const Situation situation = situation_of(request);
  for (std::size_t i = 0; i < script.responses.size(); ++i) {
    const ScriptedResponse& response = script.responses[i];
    if ((response.repeat || !is_used(used, i)) && fits(response, situation)) return i;
  }
  return std::nullopt;
}

std::string why_no_response(const Script& script, const ModelRequest& request,
                            const std::vector<bool>& used) {
  const Situation situation = situation_of(request);
  const std::string result =
      "the script " + script.name + " has no response for " + described(situation) + "; ";
  for (std::size_t i = 0; i < script.responses.size(); ++i) {
    if (!is_used(used, i) || !fits(script.responses[i], situation)) continue;
    return result + "response " + std::to_string(i + 1) +
           " fits but has been used: give it \"repeat\": true or add another one";
  }
  return result + what_it_answers(script) + "add a response to the script";
}

bool Script::knows(std::string_view prompt) const {
  const Message message = prompt_message(prompt);
  return find_response(*this, first_request({&message, 1})).has_value();
}

std::string Script::why_unknown(std::string_view prompt) const {
  const Message message = prompt_message(prompt);
  return why_no_response(*this, first_request({&message, 1}));
}

}  // namespace strandbus

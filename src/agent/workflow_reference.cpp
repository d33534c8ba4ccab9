#include "workflow_reference.hpp"

#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace strandbus {
namespace detail {
namespace {

constexpr std::size_t max_value_bytes = 4 * 1024 * 1024;
constexpr std::size_t max_value_depth = 32;
constexpr std::size_t max_shown = 80;

constexpr std::string_view what_there_is =
    "a reference is input, previous or steps.NAME.output, then members and elements after dots, "
    "such as steps.plan.output.items.0";

std::string in_quotes(std::string_view text) {
  std::string result;
  append_json_string(result, text.substr(0, max_shown));
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(white_space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(white_space) - begin + 1);
}

bool is_segment(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](unsigned char c) {
    return c <= ' ' || c == '{' || c == '}' || c == 127;
  });
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t dot = std::min(text.find('.', begin), text.size());
    parts.emplace_back(text.substr(begin, dot - begin));
    if (dot == text.size()) return parts;
    begin = dot + 1;
  }
}

const json::value* child_of(const json::value& value, const std::string& name) {
  if (const auto* const object = value.if_object()) return object->if_contains(name);
  const auto* const array = value.if_array();
  if (!array) return nullptr;
  std::size_t index = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, index);
  if (read.ec != std::errc() || read.ptr != end || index >= array->size()) return nullptr;
  return &(*array)[index];
}

std::size_t depth_of(const json::value& value) {
  std::size_t inside = 0;
  if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) inside = std::max(inside, depth_of(member.value()));
  } else if (const auto* const array = value.if_array()) {
    for (const json::value& element : *array) inside = std::max(inside, depth_of(element));
  } else {
    return 0;
  }
  return inside + 1;
}

void append(std::string& text, const json::value& value) {
  if (const auto* const string = value.if_string()) {
    text.append(string->data(), string->size());
  } else {
    append_json(text, value);
  }
}

/// Calls visit(text) for each text of a value that is no name of a member.
template <class Visit>
void for_each_text(const json::value& value, const Visit& visit) {
  if (const auto* const text = value.if_string()) return visit(std::string_view(*text));
  if (const auto* const object = value.if_object()) {
    for (const auto& member : *object) for_each_text(member.value(), visit);
  } else if (const auto* const array = value.if_array()) {
    for (const json::value& element : *array) for_each_text(element, visit);
  }
}

json::value rendered(const json::value& value, const WorkflowScope& scope) {
  if (const auto* const text = value.if_string()) {
    const TextTemplate parsed = TextTemplate::parse(*text).value();
    if (parsed.is_reference()) return parsed.references().front().get(scope);
    return json::value(parsed.render(scope));
  }
  if (const auto* const object = value.if_object()) {
    json::object result;
    for (const auto& member : *object) result[member.key()] = rendered(member.value(), scope);
    return result;
  }
  if (const auto* const array = value.if_array()) {
    json::array result;
    for (const json::value& element : *array) result.push_back(rendered(element, scope));
    return result;
  }
  return value;
}

}  // namespace

void throw_exception_from_error(const ReferenceProblem& problem, const boost::source_location&) {
  throw WorkflowError(ErrorCode::E_VALIDATION, problem.message);
}

boost::system::result<WorkflowReference, ReferenceProblem> WorkflowReference::parse(
    std::string_view text) {
  WorkflowReference reference;
  reference.text_ = text;
  std::vector<std::string> parts = split(text);
  const auto wrong = [&] {
    return ReferenceProblem{in_quotes(text) + " refers to nothing: " + std::string(what_there_is)};
  };
  if (!std::ranges::all_of(parts, is_segment)) return wrong();
  std::size_t used = 1;
  if (parts[0] == "previous") {
    reference.root_ = Root::previous;
  } else if (parts[0] == "steps") {
    if (parts.size() < 3 || parts[2] != "output") return wrong();
    reference.root_ = Root::step;
    reference.step_ = parts[1];
    used = 3;
  } else if (parts[0] != "input") {
    return wrong();
  }
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(used));
  reference.path_ = std::move(parts);
  return reference;
}

const json::value* WorkflowReference::root(const WorkflowScope& scope) const {
  switch (root_) {
    case Root::input: return &scope.input();
    case Root::previous: return &scope.previous();
    case Root::step: break;
  }
  return scope.output(step_);
}

const json::value* WorkflowReference::find(const WorkflowScope& scope) const {
  const json::value* value = root(scope);
  for (const std::string& name : path_) {
    if (!value) return nullptr;
    value = child_of(*value, name);
  }
  return value;
}

const json::value& WorkflowReference::get(const WorkflowScope& scope) const {
  if (const json::value* const value = find(scope)) return *value;
  if (root_ == Root::step && !root(scope)) {
    throw WorkflowError(ErrorCode::E_VALIDATION,
                        text_ + " is missing: the step " + in_quotes(step_) + " has not run");
  }
  throw WorkflowError(ErrorCode::E_VALIDATION, text_ + " is missing: there is no such value");
}

boost::system::result<TextTemplate, ReferenceProblem> TextTemplate::parse(std::string_view text) {
  TextTemplate result;
  for (;;) {
    const std::size_t open = text.find("{{");
    result.texts_.emplace_back(text.substr(0, open));
    if (open == std::string_view::npos) return result;
    text.remove_prefix(open + 2);
    const std::size_t close = text.find("}}");
    if (close == std::string_view::npos) {
      return ReferenceProblem{"\"{{\" without \"}}\" in a template, before " +
                              in_quotes(text.substr(0, 20))};
    }
    auto reference = WorkflowReference::parse(trimmed(text.substr(0, close)));
    if (!reference) return reference.error();
    result.references_.push_back(*std::move(reference));
    text.remove_prefix(close + 2);
  }
}

std::string TextTemplate::render(const WorkflowScope& scope) const {
  std::string result = texts_.front();
  for (std::size_t i = 0; i < references_.size(); ++i) {
    append(result, references_[i].get(scope));
    result += texts_[i + 1];
    if (result.size() > max_value_bytes) {
      throw WorkflowError(ErrorCode::E_VALIDATION,
                          "the text of a template is larger than 4 MiB at " +
                              references_[i].text() + "; put in less");
    }
  }
  return result;
}

boost::system::result<JsonTemplate, ReferenceProblem> JsonTemplate::parse(json::value value) {
  JsonTemplate result;
  std::optional<ReferenceProblem> problem;
  for_each_text(value, [&](std::string_view text) {
    const auto parsed = TextTemplate::parse(text);
    if (!parsed) {
      if (!problem) problem = parsed.error();
      return;
    }
    const auto& found = parsed->references();
    result.references_.insert(result.references_.end(), found.begin(), found.end());
  });
  if (problem) return *std::move(problem);
  result.value_ = std::move(value);
  return result;
}

json::value JsonTemplate::render(const WorkflowScope& scope) const {
  return rendered(value_, scope);
}

std::string why_too_large(const json::value& value) {
  const std::size_t depth = depth_of(value);
  if (depth > max_value_depth) {
    return "the value is nested " + std::to_string(depth) + " levels deep; at most " +
           std::to_string(max_value_depth) + " are allowed";
  }
  std::string text;
  append_json(text, value);
  if (text.size() > max_value_bytes) {
    return "the value has " + std::to_string(text.size()) + " bytes; at most 4 MiB are allowed";
  }
  return {};
}

}  // namespace detail

const json::value& WorkflowScope::at(std::string_view reference) const {
  return detail::WorkflowReference::parse(reference).value().get(*this);
}

}  // namespace strandbus

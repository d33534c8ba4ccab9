#include "sink/chrome_writer.hpp"

#include "event/json_text.hpp"
#include "strandbus/event/json_codec.hpp"

namespace strandbus::detail {
namespace {

constexpr std::size_t max_name = 128;

void append_member(std::string& out, std::string_view key, std::string_view value) {
  out.append(",\"").append(key).append("\":");
  append_json_string(out, value);
}

/// Microseconds with three decimals.
void append_time(std::string& out, std::uint64_t time_ns) {
  constexpr std::uint64_t ns_per_us = 1000;
  append_integer(out, time_ns / ns_per_us);
  const std::string decimals = std::to_string(ns_per_us + time_ns % ns_per_us);
  out.append(1, '.').append(decimals, 1);
}

}  // namespace

std::string chrome_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return repair_utf8(text);
  Utf8Assembler assembler;  // what it holds of a sequence that was cut is left out
  return assembler.feed(text.substr(0, max_bytes)) + "…";
}

std::string& ChromeArgs::key(std::string_view key) {
  if (!members_.empty()) members_ += ',';
  members_.append(1, '"').append(key).append("\":");
  return members_;
}

ChromeArgs& ChromeArgs::text(std::string_view key, std::string_view value) {
  if (!value.empty()) append_json_string(this->key(key), chrome_text(value, max_text_));
  return *this;
}

ChromeArgs& ChromeArgs::texts(std::string_view key, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) {
    if (!list.empty()) list += ", ";
    list += value;
    if (list.size() > max_text_) break;
  }
  return text(key, list);
}

ChromeArgs& ChromeArgs::number(std::string_view key, std::int64_t value) {
  append_integer(this->key(key), value);
  return *this;
}

ChromeArgs& ChromeArgs::number(std::string_view key, const std::optional<std::int64_t>& value) {
  return value ? number(key, *value) : *this;
}

ChromeArgs& ChromeArgs::flag(std::string_view key, bool value) {
  this->key(key) += value ? "true" : "false";
  return *this;
}

ChromeArgs& ChromeArgs::money(std::string_view key, const std::optional<NanoUsd>& value) {
  if (value) this->key(key) += to_string(*value);
  return *this;
}

ChromeArgs& ChromeArgs::usage(const Usage& usage) {
  return number("prompt_tokens", usage.prompt)
      .number("completion_tokens", usage.completion)
      .number("cached_tokens", usage.cached)
      .number("reasoning_tokens", usage.reasoning);
}

ChromeArgs& ChromeArgs::value(std::string_view key, const json::value& value) {
  if (value.is_null()) return *this;
  std::string whole;
  append_json(whole, value);
  if (whole.size() > max_text_) return text(key, whole);
  this->key(key) += whole;
  return *this;
}

void append_chrome_mark(std::string& out, const ChromeMark& mark, const ChromeArgs& args) {
  if (out.empty() || out.back() != '[') out += ',';
  out.append("\n{\"ph\":\"").append(1, mark.phase).append(1, '"');
  append_member(out, "name", chrome_text(mark.name, max_name));
  if (!mark.category.empty()) append_member(out, "cat", mark.category);
  if (mark.phase != 'M') {
    out += ",\"ts\":";
    append_time(out, mark.time_ns);
  }
  out += ",\"pid\":1,\"tid\":";
  append_integer(out, mark.thread);
  if (mark.id != 0) append_member(out, "id", std::to_string(mark.id));
  if (mark.phase == 'i') out += R"(,"s":"t")";
  if (mark.phase == 'f') out += R"(,"bp":"e")";
  if (!args.members().empty()) out.append(",\"args\":{").append(args.members()).append(1, '}');
  out += '}';
}

}  // namespace strandbus::detail

#include "llm/json_position.hpp"

#include "event/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace strandbus::detail {
namespace {

/// A member or an element: where it begins (its key, if it has one), and its value.
struct Child {
  const char* begin = nullptr;
  std::string_view value;
};

std::optional<Child> find_member(std::string_view object, std::string_view name) {
  MemberScanner members(inside(object));
  while (members.next()) {
    if (members.key() == name) return Child{members.member().data(), members.value()};
  }
  return std::nullopt;
}

std::optional<Child> find_element(std::string_view array, std::string_view index) {
  std::size_t wanted = 0;
  const auto parsed = std::from_chars(index.data(), index.data() + index.size(), wanted);
  if (parsed.ec != std::errc{}) return std::nullopt;
  ElementScanner elements(inside(array));
  for (std::size_t i = 0; elements.next(); ++i) {
    if (i == wanted) return Child{elements.value().data(), elements.value()};
  }
  return std::nullopt;
}

std::optional<Child> find_child(std::string_view container, const std::string& segment) {
  switch (kind_of(container)) {
    case JsonKind::object: return find_member(container, segment);
    case JsonKind::array: return find_element(container, segment);
    default: return std::nullopt;
  }
}

std::string decode_segment(std::string_view segment) {
  std::string name;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '~' && i + 1 < segment.size()) {
      name += segment[++i] == '1' ? '/' : '~';
    } else {
      name += segment[i];
    }
  }
  return name;
}

}  // namespace

TextPosition position_of(std::string_view text, std::size_t offset) noexcept {
  TextPosition position;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++position.column;
    }
  }
  return position;
}

std::size_t locate(std::string_view json_text, std::string_view pointer, JsonPart part) {
  constexpr std::string_view space = " \t\r\n";
  std::string_view value = json_text.substr(0, json_text.find_last_not_of(space) + 1);
  value.remove_prefix(std::min(value.find_first_not_of(space), value.size()));
  const char* begin = value.data();
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const std::string_view segment = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(segment.size());
    const std::optional<Child> child = find_child(value, decode_segment(segment));
    if (!child) {
      begin = value.data();
      break;
    }
    begin = child->begin;
    value = child->value;
  }
  return static_cast<std::size_t>((part == JsonPart::key ? begin : value.data()) -
                                  json_text.data());
}

}  // namespace strandbus::detail

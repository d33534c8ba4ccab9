#include "tools/text_edit.hpp"

#include "tools/closest_text.hpp"
#include "tools/text_lines.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_counted = 1000;  ///< places; overlapping ones cost more and more
constexpr std::size_t max_named_lines = 10;

/// Like std::string_view::find, but linear whatever the texts are.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  const void* found =
      ::memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  if (!found) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// Where `wanted` is; places may overlap.
std::vector<std::size_t> places_of(std::string_view text, std::string_view wanted) {
  std::vector<std::size_t> places;
  std::size_t at = find_text(text, wanted, 0);
  for (; at != std::string_view::npos && places.size() < max_counted;
       at = find_text(text, wanted, at + 1))
    places.push_back(at);
  return places;
}

EditRefusal not_unique(std::string_view text, const std::vector<std::size_t>& places) {
  std::string reason = "old_text is there ";
  if (places.size() == max_counted) reason += "at least ";
  reason += std::to_string(places.size()) + " times (lines ";
  for (std::size_t i = 0; i < std::min(places.size(), max_named_lines); ++i) {
    if (i > 0) reason += ", ";
    reason += std::to_string(line_at(text, places[i]));
  }
  if (places.size() > max_named_lines) reason += ", …";
  reason += "); add lines around it until it is the only one, or set replace_all";
  return {ErrorCode::E_NOT_UNIQUE, std::move(reason)};
}

EditRefusal too_large(std::size_t max_bytes) {
  return {ErrorCode::E_VALIDATION,
          "the file would have more than " + std::to_string(max_bytes) + " bytes; replace less"};
}

boost::system::result<EditedText, EditRefusal> replace_all(std::string_view text,
                                                           const TextEdit& edit) {
  EditedText result;
  std::size_t done = 0;
  std::size_t line = 1;
  for (std::size_t at = find_text(text, edit.old_text, 0); at != std::string_view::npos;
       at = find_text(text, edit.old_text, done)) {
    line += line_at(text.substr(done), at - done) - 1;
    ++result.replacements;
    if (result.lines.size() < max_named_lines) result.lines.push_back(line);
    result.text += text.substr(done, at - done);
    result.text += edit.new_text;
    line += line_at(edit.old_text, edit.old_text.size()) - 1;
    done = at + edit.old_text.size();
    if (result.text.size() > edit.max_bytes) return too_large(edit.max_bytes);
  }
  result.text += text.substr(done);
  if (result.text.size() > edit.max_bytes) return too_large(edit.max_bytes);
  return result;
}

std::string with_crlf(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) result += '\r';
    result += text[i];
  }
  return result;
}

/// How the lines of a text end.
enum class LineEnds : std::uint8_t { lf, crlf, mixed };

LineEnds line_ends_of(std::string_view text) {
  std::size_t crlf = 0;
  std::size_t all = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    ++all;
    if (at > 0 && text[at - 1] == '\r') ++crlf;
  }
  if (crlf == 0) return LineEnds::lf;
  return crlf == all ? LineEnds::crlf : LineEnds::mixed;
}

/// The edit as it has to be made: with CRLFs where the text has nothing else, or where the old text
/// is only there with them.
bool wants_crlf(std::string_view text, std::string_view old_text) {
  const LineEnds ends = line_ends_of(text);
  if (ends != LineEnds::mixed) return ends == LineEnds::crlf;
  return find_text(text, old_text, 0) == std::string_view::npos;
}

boost::system::result<EditedText, EditRefusal> edit_exactly(std::string_view text,
                                                            const TextEdit& edit) {
  const std::vector<std::size_t> places = places_of(text, edit.old_text);
  if (places.empty()) {
    return EditRefusal(ErrorCode::E_NOT_FOUND,
                       "old_text is not in the file: " + closest_text(text, edit.old_text) +
                           "; read the file and copy the text exactly");
  }
  if (places.size() > 1 && edit.replaced == Occurrences::only_one) return not_unique(text, places);
  return replace_all(text, edit);
}

}  // namespace

boost::system::result<EditedText, EditRefusal> edit_text(std::string_view text,
                                                         const TextEdit& edit) {
  if (edit.old_text.empty()) {
    return EditRefusal(ErrorCode::E_VALIDATION,
                       "old_text is empty; give the text to replace, exactly as it was read");
  }
  if (edit.old_text == edit.new_text)
    return EditRefusal(ErrorCode::E_VALIDATION, "old_text and new_text are the same");
  if (!wants_crlf(text, edit.old_text)) return edit_exactly(text, edit);
  const std::string old_text = with_crlf(edit.old_text);
  const std::string new_text = with_crlf(edit.new_text);
  return edit_exactly(text, {old_text, new_text, edit.replaced, edit.max_bytes});
}

}  // namespace strandbus::detail

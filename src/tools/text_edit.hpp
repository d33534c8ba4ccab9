#pragma once

#include "strandbus/event/types.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {

enum class Occurrences : bool { only_one, all };

/// The replacement of a piece of text.
struct TextEdit {
  std::string_view old_text;
  std::string_view new_text;
  Occurrences replaced = Occurrences::only_one;
  std::size_t max_bytes = 0;  ///< of the result
};

struct EditedText {
  std::string text;
  std::size_t replacements = 0;
  std::vector<std::size_t> lines;  ///< of the old text, of the first of them; from 1
};

/// Why an edit cannot be made, for the model.
struct EditRefusal {
  EditRefusal() = default;
  EditRefusal(ErrorCode why, std::string text) : code(why), reason(std::move(text)) {}

  ErrorCode code = ErrorCode::E_VALIDATION;
  std::string reason;
};

/// Replaces old_text, which must be there exactly, and once unless all are wanted. Where the lines
/// of `text` end in CRLF, an edit with bare LFs is taken as if it had CRLFs.
///
/// Errors: E_VALIDATION for an edit that changes nothing or makes too much, E_NOT_FOUND with what
///         comes closest, E_NOT_UNIQUE with the number of places and their lines.
boost::system::result<EditedText, EditRefusal> edit_text(std::string_view text,
                                                         const TextEdit& edit);

}  // namespace strandbus::detail

#pragma once

#include "tools/file_toolbox.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// A new content for a file.
struct FileChange {
  std::string_view path;           ///< as the model has given it
  const FileContent* old_content;  ///< what is replaced; null: the file is new
  std::string_view new_content;
};

/// Why a file must not be changed by this conversation; empty if it may.
std::optional<ToolResult> unseen_change(const ToolContext& context, std::string_view path,
                                        const FileContent& current);

/// Writes the file, publishes what happened, notes the content as read, and tells it with the diff.
/// `done` begins the sentence for the model: "wrote", "edited". FileToolbox::changing must be held.
ToolResult change_file(const FileToolbox& box, ToolContext& context, const FileChange& change,
                       std::string_view done);

}  // namespace strandbus::detail

#pragma once

#include "strandbus/event/event_type.hpp"
#include "strandbus/event/types.hpp"

namespace strandbus {

struct FileCreated {
  static constexpr EventType event_type = EventType::file_created;
  std::string path{};
  std::int64_t size{};  ///< bytes
  std::int64_t line_count{};
};
STRANDBUS_DESCRIBE(FileCreated, 0, path, size, line_count)

struct FileModified {
  static constexpr EventType event_type = EventType::file_modified;
  std::string path{};
  std::int64_t old_size{};
  std::int64_t new_size{};
  std::int64_t line_count{};
};
STRANDBUS_DESCRIBE(FileModified, 0, path, old_size, new_size, line_count)

struct FileDeleted {
  static constexpr EventType event_type = EventType::file_deleted;
  std::string path{};
};
STRANDBUS_DESCRIBE(FileDeleted, 0, path)

struct FileTreeUpdate {
  static constexpr EventType event_type = EventType::file_tree_update;
  std::vector<std::string> created{};
  std::vector<std::string> modified{};
  std::vector<std::string> deleted{};
};
STRANDBUS_DESCRIBE(FileTreeUpdate, 0, created, modified, deleted)

}  // namespace strandbus

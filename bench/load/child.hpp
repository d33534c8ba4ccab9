#pragma once

#include "file_descriptor.hpp"

#include <cstddef>
#include <string>
#include <sys/types.h>
#include <vector>

namespace strandbus::load {

/// What a process and its children use, as the system says.
struct ProcessUse {
  std::size_t resident_bytes = 0;      ///< RSS
  std::size_t proportional_bytes = 0;  ///< PSS: pages that several use are divided among them
  std::size_t descriptors = 0;
  double processor_seconds = 0;
};

/// A server in a process of its own; it does not outlive this object.
///
/// Threads: one caller at a time.
class Child {
 public:
  /// Its environment has nothing but a PATH; its standard error goes to `errors`, a file.
  ///
  /// Errors: std::system_error, when it cannot be started.
  Child(const std::vector<std::string>& command, const std::string& errors);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  /// Reads its standard output up to the end of the line that begins so, and gives what is behind.
  ///
  /// Errors: std::runtime_error, when it ends before.
  std::string read_line(const std::string& begin);

  ProcessUse use() const;

  /// Whether it still runs.
  bool alive() const;

 private:
  pid_t pid_ = -1;
  detail::FileDescriptor output_;
  std::string text_;
  std::string errors_;
};

}  // namespace strandbus::load

#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// The files of the viewer. Each is whole: the page asks for nothing else.
enum class ViewerFile : std::uint8_t { html, css, js };

/// The text of a file, put together.
std::string viewer_text(ViewerFile file);

/// The files of the viewer as they are sent, made when the first of them is asked for.
///
/// Threads: any thread.
class ViewerFiles {
 public:
  struct File {
    std::string_view content_type;
    std::string text;
    std::string gzipped;
    std::string digest;  ///< of the text
  };

  const File& find(ViewerFile file);

 private:
  void make();

  std::once_flag made_;
  std::array<File, 3> files_;
};

}  // namespace strandbus::detail

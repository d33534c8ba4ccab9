#include "server/viewer_files.hpp"

#include "net/gzip.hpp"
#include "server/digest.hpp"
#include "server/viewer_texts.hpp"

#include <span>

namespace strandbus::detail {
namespace {

std::span<const std::string_view> pieces_of(ViewerFile file) {
  switch (file) {
    case ViewerFile::css: return viewer_css_text();
    case ViewerFile::js: return viewer_js_text();
    case ViewerFile::html: break;
  }
  return viewer_html_text();
}

std::string_view content_type_of(ViewerFile file) {
  switch (file) {
    case ViewerFile::css: return "text/css; charset=utf-8";
    case ViewerFile::js: return "text/javascript; charset=utf-8";
    case ViewerFile::html: break;
  }
  return "text/html; charset=utf-8";
}

}  // namespace

std::string viewer_text(ViewerFile file) {
  std::string text;
  for (const std::string_view piece : pieces_of(file)) text += piece;
  return text;
}

const ViewerFiles::File& ViewerFiles::find(ViewerFile file) {
  std::call_once(made_, [this] { make(); });
  return files_.at(static_cast<std::size_t>(file));
}

void ViewerFiles::make() {
  for (const ViewerFile which : {ViewerFile::html, ViewerFile::css, ViewerFile::js}) {
    File& file = files_.at(static_cast<std::size_t>(which));
    file.content_type = content_type_of(which);
    file.text = viewer_text(which);
    file.gzipped = gzip(file.text);
    file.digest = to_hex(sha256(file.text));
  }
}

}  // namespace strandbus::detail

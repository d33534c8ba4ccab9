#pragma once

#include <span>
#include <string_view>

namespace strandbus::detail {

// The viewer in the browser, which cmake/bundle_viewer.cmake makes out of src/server/viewer: each
// text in pieces that follow one another.

std::span<const std::string_view> viewer_html_text();
std::span<const std::string_view> viewer_css_text();
std::span<const std::string_view> viewer_js_text();

}  // namespace strandbus::detail
